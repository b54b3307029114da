"""The lake against what its loads noted: every kind of damage is found and named, and a load on its way is none."""

import json
import random
import shutil
from pathlib import Path

import duckdb
import pytest

from stores.errors import UserError
from stores.lake.checksums import check_parts, record_parts, require_whole, set_aside
from stores.settings import Settings

FIRST, SECOND = "1700000000.25", "1700000100.5"


@pytest.fixture
def lake(settings: Settings) -> Path:
    """Two loads of one channel, with a ledger each."""
    dataset = settings.lake / "raw_pos"
    for load_id in (FIRST, SECOND):
        for table in ("sales", "file_ledger"):
            part(dataset, table, f"{load_id}.abc.parquet", load_id)
        record(dataset, load_id)
        record_parts(dataset, load_id)
    part(dataset, "sales", "00000000000.contract.parquet", "")
    return dataset


def part(dataset: Path, table: str, name: str, load_id: str) -> None:
    (dataset / table).mkdir(parents=True, exist_ok=True)
    rows = f"select i, md5(i::varchar) as word, '{load_id}' as _dlt_load_id from range({500 if load_id else 0}) as r(i)"
    duckdb.execute(f"copy ({rows}) to '{dataset / table / name}' (format parquet)")


def record(dataset: Path, load_id: str) -> None:
    (dataset / "_dlt_loads").mkdir(parents=True, exist_ok=True)
    (dataset / "_dlt_loads" / f"pos__{load_id}.jsonl").write_text(json.dumps({"load_id": load_id, "status": 0}))


def found(settings: Settings, contents: bool = False) -> list[tuple[str, str]]:
    return [(damage.file, damage.what) for damage in check_parts(settings, contents)]


def test_a_lake_as_it_was_written_is_whole(settings: Settings, lake: Path) -> None:
    assert found(settings, contents=True) == []
    require_whole(settings, contents=True)


def test_every_flipped_bit_is_found(settings: Settings, lake: Path) -> None:
    place = lake / "sales" / f"{FIRST}.abc.parquet"
    content = place.read_bytes()
    chance = random.Random(7)
    for _ in range(60):
        at, bit = chance.randrange(len(content)), chance.randrange(8)
        place.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        assert [file for file, _ in found(settings, contents=True)] == [f"raw_pos/sales/{place.name}"]
        assert found(settings, contents=False) == []
    with pytest.raises(UserError, match=rf"raw_pos/sales/{place.name} has other content.*backup.*set-aside"):
        require_whole(settings, contents=True)


def test_missing_extra_and_shortened_parts_are_noticed_without_reading_them(settings: Settings, lake: Path) -> None:
    first, second = (lake / "sales" / f"{load_id}.abc.parquet" for load_id in (FIRST, SECOND))
    shutil.copy(first, lake / "sales" / "copy of a part.parquet")
    shutil.copy(first, lake / "sales" / f"{FIRST}.xyz.parquet")
    shutil.copy(first, lake / "sales" / "1800000000.5.abc.parquet")
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    size = second.stat().st_size
    assert found(settings) == [
        (f"raw_pos/sales/{FIRST}.abc.parquet", "is missing"),
        (f"raw_pos/sales/{FIRST}.xyz.parquet", "was not brought by its load"),
        (f"raw_pos/sales/{SECOND}.abc.parquet", f"has {size} bytes instead of {size + 1}"),
        ("raw_pos/sales/1800000000.5.abc.parquet", "belongs to no load"),
        ("raw_pos/sales/copy of a part.parquet", "belongs to no load"),
    ]


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        (f"_parts/{SECOND}.json", None, "is missing"),
        (f"_parts/{SECOND}.json", "{", "cannot be read"),
        (f"_dlt_loads/pos__{SECOND}.jsonl", None, "not recorded"),
        (f"_dlt_loads/pos__{SECOND}.jsonl", '{"load_id": "1700000100.6"}', "names another load"),
        (f"_dlt_loads/pos__{SECOND}.jsonl", "\x00", "cannot be read"),
    ],
)
def test_the_records_themselves_are_checked(
    settings: Settings, lake: Path, file: str, content: str | None, what: str
) -> None:
    if content is None:
        (lake / file).unlink()
    else:
        (lake / file).write_text(content)
    assert what in found(settings)[0][1]


def test_a_load_on_its_way_is_no_damage(settings: Settings, lake: Path) -> None:
    part(lake, "sales", "1800000000.5.abc.parquet", "1800000000.5")
    record_parts(lake, "1800000000.5")
    (settings.state / "dlt" / "pos").mkdir(parents=True)
    assert found(settings, contents=True) == []


def test_loads_of_a_release_without_sums_get_them_once(settings: Settings, lake: Path) -> None:
    older = "1600000000.5"
    part(lake, "sales", f"{older}.abc.parquet", older)
    record(lake, older)
    assert found(settings, contents=True) == []
    (lake / "sales" / f"{older}.abc.parquet").write_bytes(b"PAR1")
    assert [file for file, _ in found(settings)] == [f"raw_pos/sales/{older}.abc.parquet"]


def test_a_load_without_a_backup_can_be_taken_out(settings: Settings, lake: Path) -> None:
    (lake / "sales" / f"{FIRST}.abc.parquet").write_bytes(b"PAR1")
    place = set_aside(settings, "pos", FIRST)
    assert found(settings, contents=True) == []
    assert sorted(path.name for path in place.rglob("*.*") if path.is_file()) == [
        f"{FIRST}.abc.parquet", f"{FIRST}.abc.parquet", f"{FIRST}.json", f"pos__{FIRST}.jsonl",
    ]  # fmt: skip
    with pytest.raises(UserError, match="no load"):
        set_aside(settings, "pos", FIRST)
