"""A sample of a channel: the first rows of its files, newest first, without reading large ones whole."""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from ingestion.contract import Batch, Channel, Column, Table
from ingestion.quarantine.listing import quarantine_groups
from ingestion.sampling.channel_sample import Sample, take_sample
from ingestion.sampling.file_head import head_of
from ingestion.sources.database import Database, DatabaseSettings
from stores.duckdb_connection import open_duckdb
from stores.lake.reader import rows
from stores.settings import Settings, load_settings

COLUMNS = {"id": Column("int", required=True), "note": "text"}


def channel(pattern: str, **more: object) -> Channel:
    return Channel("stall", "摊位", [Table("sales", COLUMNS, pattern=pattern, **more)])


def drop(settings: Settings, name: str, content: bytes, age: int = 0) -> Path:
    place = settings.landing / "stall" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    os.utime(place, (1_700_000_000 - age, 1_700_000_000 - age))
    return place


def csv(first: int, count: int) -> bytes:
    return ("id,note\n" + "".join(f"{number},n\n" for number in range(first, first + count))).encode()


def sampled(settings: Settings, tmp_path: Path, of: Channel, count: int) -> tuple[Sample, Settings]:
    into = load_settings(home=tmp_path / "into")
    return take_sample(settings, into, of, count), into


def ids(into: Settings) -> list[int]:
    with open_duckdb(into) as connection:
        found = connection.execute(f"select id from {rows(into.lake / 'raw_stall', 'sales')} order by 1").fetchall()
    return [number for (number,) in found]


def test_the_first_rows_of_each_file_are_read_the_newest_files_first(settings: Settings, tmp_path: Path) -> None:
    drop(settings, "old.csv", csv(0, 500), age=100)
    drop(settings, "new.csv", csv(1_000, 500), age=1)
    drop(settings, "oldest.csv", csv(2_000, 500), age=1_000)
    sample, into = sampled(settings, tmp_path, channel("*.csv"), 200)
    table = sample.tables["sales"]
    assert (table.files, table.unread_files, table.is_whole) == (["new.csv", "old.csv"], 1, False)
    assert ids(into) == [*range(100), *range(1_000, 1_100)]
    assert not settings.lake.exists()
    assert not settings.state.exists()


def test_files_that_are_together_small_enough_are_read_whole(settings: Settings, tmp_path: Path) -> None:
    content = csv(0, 300), csv(300, 300)
    for number, one in enumerate(content):
        drop(settings, f"{number}.csv", one)
    size = sum(map(len, content))
    for small_bytes, count in ((size, 600), (size - 1, 200)):
        into = load_settings(home=tmp_path / str(small_bytes))
        sample = take_sample(settings, into, channel("*.csv"), 200, small_bytes)
        assert (len(ids(into)), sample.tables["sales"].is_whole) == (count, count == 600)


def test_what_does_not_fit_is_told_with_its_line(settings: Settings, tmp_path: Path) -> None:
    drop(settings, "sales.csv", b"id,note,shoe\n1,a,\nx,b,\n")
    drop(settings, "notes.docx", b"")
    drop(settings, "sales.csv.part", b"")
    sample, into = sampled(settings, tmp_path, channel("sales*.csv"), 200)
    table = sample.tables["sales"]
    assert (table.rows, table.loaded, table.is_whole) == (2, 1, True)
    assert (sample.unclaimed, sample.unfinished) == (["notes.docx"], ["sales.csv.part"])
    told = {(group.first_line, group.reason.partition(":")[0]) for group in quarantine_groups(into, "stall")}
    assert told == {(3, "id"), (0, "unknown column 'shoe'")}


def test_columns_that_no_field_feeds_are_named(settings: Settings, tmp_path: Path) -> None:
    drop(settings, "sales.csv", b"id\n1\n")
    sample, _ = sampled(settings, tmp_path, channel("*.csv"), 200)
    assert sample.tables["sales"].missing_columns == {"note": "sales.csv"}


def head(place: Path, table: Table, count: int, folder: Path) -> tuple[bytes, bool]:
    with head_of(place, table, count, folder) as found:
        return found.path.read_bytes(), found.is_whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"id,note\n1,a\n2,b\n3,c\n", b"id,note\n1,a\n2,b\n"),
        (b"id,note\r1,a\r2,b\r3,c\r", b"id,note\r1,a\r2,b\r"),
        (b'id,note\n1,a\n2,"b\nb\nb"\n3,c\n', b'id,note\n1,a\n2,"b\nb\nb"\n'),
        (b'id,note\n1,a\n2,5" pipe\n' + b"3,c\n" * 5_000, b'id,note\n1,a\n2,5" pipe\n'),
    ],
    ids=["lines", "old Mac", "a value over lines", "a quote that never closes"],
)
def test_a_csv_file_is_cut_behind_a_whole_row(tmp_path: Path, text: bytes, expected: bytes) -> None:
    place = tmp_path / "sales.csv"
    place.write_bytes(text)
    assert head(place, channel("*.csv").tables[0], 2, tmp_path) == (expected, False)


def test_of_a_packed_file_only_the_beginning_is_unpacked(tmp_path: Path) -> None:
    place = tmp_path / "sales.csv.gz"
    packed = gzip.compress(csv(0, 400_000))
    place.write_bytes(packed[: len(packed) // 2])  # what lies behind is never asked for
    content, is_whole = head(place, channel("*.csv.gz").tables[0], 3, tmp_path)
    assert (content, is_whole) == (csv(0, 3), False)


@pytest.mark.parametrize("text", [csv(0, 9).decode().encode("utf-16"), csv(0, 2)], ids=["UTF-16", "short"])
def test_what_cannot_be_cut_or_is_short_is_given_whole(tmp_path: Path, text: bytes) -> None:
    place = tmp_path / "sales.csv"
    place.write_bytes(text)
    assert head(place, channel("*.csv").tables[0], 2, tmp_path) == (text, True)


def test_json_lines_are_cut_and_an_array_under_their_name_is_not(tmp_path: Path) -> None:
    place = tmp_path / "sales.jsonl"
    table = channel("*.jsonl", has_header=False).tables[0]
    place.write_bytes(b'{"id": 1}\n{"id": 2}\n{"id": 3}\n')
    assert head(place, table, 2, tmp_path) == (b'{"id": 1}\n{"id": 2}\n', False)
    place.write_bytes(b'[\n{"id": 1},\n{"id": 2},\n{"id": 3}\n]\n')
    assert head(place, table, 2, tmp_path)[1]


def test_of_a_parquet_file_the_first_rows_are_taken(settings: Settings, tmp_path: Path) -> None:
    place = drop(settings, "sales.parquet", b"")
    pq.write_table(pa.table({"id": list(range(1_000)), "note": ["n"] * 1_000}), place)
    sample, into = sampled(settings, tmp_path, channel("*.parquet"), 150)
    assert ids(into) == list(range(150))
    assert not sample.tables["sales"].is_whole


def till(settings: Settings, table: Table) -> Channel:
    settings.landing.mkdir(parents=True)
    source = Database("sqlite:///{landing}/till.db")
    return Channel("stall", "摊位", [table], source=source, settings_model=DatabaseSettings)


def test_of_a_database_a_few_rows_are_asked_for(settings: Settings, tmp_path: Path) -> None:
    of = till(settings, Table("sales", COLUMNS))
    with sa.create_engine(f"sqlite:///{settings.landing}/till.db").begin() as connection:
        connection.execute(sa.text("create table sales (id integer, note text)"))
        connection.execute(sa.text("insert into sales values (:id, 'n')"), [{"id": number} for number in range(500)])
    sample, into = sampled(settings, tmp_path, of, 40)
    assert (sample.place, sample.tables["sales"].rows, sample.tables["sales"].is_whole) == ("sqlite:till.db", 40, False)
    assert len(ids(into)) == 40


def test_an_empty_table_of_a_database_is_held_against_the_contract_too(settings: Settings, tmp_path: Path) -> None:
    of = till(settings, Table("sales", COLUMNS))
    with sa.create_engine(f"sqlite:///{settings.landing}/till.db").begin() as connection:
        connection.execute(sa.text("create table sales (number integer)"))
    sample, into = sampled(settings, tmp_path, of, 40)
    assert sample.tables["sales"].files == ["sqlite:till.db"]
    assert "required columns missing: id" in quarantine_groups(into, "stall")[0].reason


def test_a_database_that_is_not_there_is_no_failure_but_said(settings: Settings, tmp_path: Path) -> None:
    sample, _ = sampled(settings, tmp_path, till(settings, Table("sales", COLUMNS)), 40)
    assert sample.unreachable.startswith("no database at")


class Endless:
    """A source that can only be asked for everything."""

    given = 0

    def describe(self, settings: Settings, channel: Channel) -> str:
        return "endless"

    def lookback_seconds(self, settings: Settings, channel: Channel) -> float | None:
        return None

    def pull(self, settings: Settings, channel: Channel, since: Mapping[str, datetime]) -> Iterator[Batch]:
        while True:
            self.given += 10
            yield Batch(channel.tables[0], [json.loads(f'{{"id": {number}}}') for number in range(10)])


def test_a_source_that_knows_no_samples_is_left_once_there_are_enough_rows(settings: Settings, tmp_path: Path) -> None:
    source = Endless()
    of = Channel("stall", "摊位", [Table("sales", COLUMNS)], source=source)
    sample, into = sampled(settings, tmp_path, of, 35)
    assert (sample.tables["sales"].loaded, source.given) == (35, 40)
    assert len(ids(into)) == 35
