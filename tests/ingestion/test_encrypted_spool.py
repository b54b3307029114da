from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.personal_data import encrypted_spool as module
from ingestion.personal_data.encrypted_spool import Spool, bounded

PHONE = "13711310000"


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"temp_directory": str(tmp_path / "spill")})


def rows(first: int, count: int) -> pa.Table:
    return pa.table({"_line": range(first, first + count), "f0": [PHONE] * count})


def test_what_does_not_stay_in_memory_comes_back_in_order_as_often_as_it_is_asked_for(connection, monkeypatch):
    monkeypatch.setattr(module, "_BYTES_IN_MEMORY", 1000)
    spool = Spool(connection)
    for first in range(0, 1000, 100):
        spool.add(rows(first, 100))
    for _ in range(2):
        lines = [line for batch in spool.batches() for line in batch.column("_line").to_pylist()]
        assert lines == list(range(1000))
    spool.add(rows(1000, 1))
    assert spool.rows == 1001 == sum(batch.num_rows for batch in spool.batches())


def test_rows_on_disk_cannot_be_read_by_anybody_and_leave_no_name_behind(connection, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_BYTES_IN_MEMORY", 0)
    spool = Spool(connection)
    spool.add(rows(0, 500))
    written = Path(f"/proc/self/fd/{spool._file.fileno()}").read_bytes()
    assert len(written) > 100
    assert PHONE.encode() not in written
    assert list((tmp_path / "spill").iterdir()) == []


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 30))
def test_batches_hold_all_rows_and_none_is_too_long(counts, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS_A_BATCH", most)
        batches = list(bounded([rows(0, count) for count in counts]))
    assert sum(batch.num_rows for batch in batches) == sum(counts)
    assert all(0 < batch.num_rows <= most for batch in batches)


def test_rows_with_long_texts_come_in_shorter_batches(monkeypatch):
    monkeypatch.setattr(module, "BYTES_A_BATCH", 10_000)
    wide = pa.table({"f0": ["x" * 1000] * 100})
    assert max(batch.num_rows for batch in bounded([wide])) <= 10
