"""Parquet files that are small on disk and huge once unpacked are named and kept aside; the other files load."""

import resource

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.contract.table import Table
from ingestion.readers import read_limits

TABLE = Table("events", {"event_id": "text"}, pattern="*.parquet")
MB = 1 << 20


def repeated(text: str, rows: int) -> pa.Table:
    """One text in a dictionary, named by every row."""
    return pa.table({"event_id": pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [text])})


def deep(levels: int) -> pa.Table:
    kind = pa.string()
    for _ in range(levels):
        kind = pa.struct([("f", kind)])
    return pa.table({"event_id": ["e1"], "more": pa.nulls(1, kind)})


def in_lists(text: str, items: int, rows: int) -> pa.Table:
    one = pa.DictionaryArray.from_arrays(pa.array([0] * items * rows, pa.int32()), [text])
    lists = pa.ListArray.from_arrays(list(range(0, items * rows + 1, items)), one)
    return pa.table({"event_id": [f"e{row}" for row in range(rows)], "more": lists})


HOSTILE = {
    "one long text in a dictionary, named by every row": (lambda: repeated("x" * MB, 20_000), "unpacks to more than"),
    "likewise within lists": (lambda: in_lists("x" * MB, 2_000, 50), "some rows of it need more than"),
    "one text of 100 MB": (
        lambda: pa.table({"event_id": ["x" * (100 * MB)]}),
        "a row of 100 MB; at most 16 MB are read",
    ),
    "a dictionary of one text of 10 MB": (lambda: repeated("x" * (10 * MB), 1_000), "a dictionary of 10 MB"),
    "too many columns": (
        lambda: pa.table({f"c{number}": [1] for number in range(read_limits.MOST_COLUMNS + 1)}),
        "2,001 columns; at most 2,000 are read",
    ),
    "nested without end": (lambda: deep(105), "nested too deeply"),
}


@pytest.mark.parametrize(("make", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_small_file_that_would_fill_the_memory_is_named_and_the_others_load(desk, make, reason):
    trade = desk(TABLE)
    trade.settings = trade.settings.model_copy(update={"memory_limit": "1GB"})
    pq.write_table(make(), trade.landing / "a.parquet", compression="zstd")
    pq.write_table(pa.table({"event_id": ["e1"]}), trade.landing / "b.parquet")
    assert (trade.landing / "a.parquet").stat().st_size < 4 * MB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = trade.ingest()
    assert report.loaded == {"events": 1}
    ((file, why),) = trade.rows("quarantine", "source_file, reason")
    assert (file, why[: len(reason)]) == ("a.parquet", reason)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_500_000  # kB: 2,048 rows of 1 MB at a time


def test_a_footer_that_lists_more_than_anybody_writes_is_refused_before_it_is_unpacked(desk, monkeypatch):
    monkeypatch.setattr(read_limits, "LONGEST_LIST_IN_FOOTER", 100)
    trade = desk(TABLE)
    pq.write_table(pa.table({f"c{number}": [1] for number in range(200)}), trade.landing / "a.parquet")
    report = trade.ingest()
    assert (report.loaded, report.quarantined) == ({"events": 0}, 1)
    assert trade.reasons()[0][1].startswith("its footer lists more than 100 columns or row groups")


def footer_of(path) -> bytes:
    content = path.read_bytes()
    return content[len(content) - 8 - int.from_bytes(content[-8:-4], "little") :]


@pytest.mark.parametrize("claimed", [5, 900, 100_000])
def test_a_footer_that_lies_about_its_rows_loses_and_invents_none(desk, tmp_path, claimed):
    trade = desk(TABLE)
    for path, rows in ((tmp_path / "true.parquet", 1_000), (tmp_path / "claims.parquet", claimed)):
        events = pa.table({"event_id": [f"e{row % 7}" for row in range(rows)]})
        pq.write_table(events, path, compression="none", data_page_version="1.0")
    content = (tmp_path / "true.parquet").read_bytes()
    data = content[: len(content) - len(footer_of(tmp_path / "true.parquet"))]
    trade.drop("a.parquet", data + footer_of(tmp_path / "claims.parquet"))
    pq.write_table(pa.table({"event_id": ["e1"]}), trade.landing / "b.parquet")
    report = trade.ingest()
    assert report.loaded == {"events": 1}
    assert {file for (file,) in trade.rows("quarantine", "source_file")} == {"a.parquet"}


def test_a_footer_longer_than_its_file_is_refused(desk):
    trade = desk(TABLE)
    path = trade.landing / "a.parquet"
    pq.write_table(pa.table({"event_id": ["e1"]}), path)
    trade.drop("a.parquet", path.read_bytes()[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1")
    trade.ingest()
    assert trade.reasons()[0][1].startswith("its footer claims to be 2,147,483,647 bytes long")


def test_long_rows_within_the_limits_are_taken_a_few_at_a_time(desk):
    trade = desk(Table("events", {"event_id": "text", "words": "text", "phone": "phone"}, pattern="*.parquet"))
    rows, words = 300, "x" * MB
    one = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [words])
    events = {"event_id": [f"e{row}" for row in range(rows)], "words": one, "phone": ["13711310001"] * rows}
    pq.write_table(pa.table(events), trade.landing / "a.parquet")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert trade.ingest().loaded == {"events": rows}
    assert trade.rows("events", "sum(strlen(words))::bigint") == [(rows * MB,)]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700_000  # kB
