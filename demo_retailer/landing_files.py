"""Writes the channel files: each complete under its name or not there at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stores.atomic_files import put_in_place, replacing
from stores.duckdb_connection import open_scratch

_BATCH = 50_000


class Landing:
    """The landing folder of one world.

    Args:
        root: the folder that holds one folder per channel.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[str] = []

    @contextmanager
    def file(self, channel: str, name: str) -> Iterator[Path]:
        """Give a path to write to; the file takes its real name when the block ends without an error."""
        target = self.root / channel / name
        with replacing(target) as draft:
            yield draft
        self.files.append(f"{channel}/{name}")

    def parquet(self, channel: str, name: str, table: pa.Table) -> None:
        """Write a Parquet file; nothing when the table is empty."""
        if table.num_rows:
            with self.file(channel, name) as path:
                pq.write_table(table, path, compression="zstd", compression_level=1, store_schema=False)

    def json_lines(self, channel: str, name: str, table: pa.Table, broken: Iterable[str] = ()) -> None:
        """Write one JSON object per row, then lines as they are, however broken."""
        if not table.num_rows:
            return
        with self.file(channel, name) as path:
            copy(table, path, "format json")
            if lines := list(broken):
                with path.open("a", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in lines)

    def json(self, channel: str, name: str, document: object) -> None:
        """Write one JSON document."""
        with self.file(channel, name) as path:
            path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    def csv(
        self, channel: str, name: str, table: pa.Table, broken: Iterable[str] = (), encoding: str = "utf-8"
    ) -> None:
        """Write a CSV file with a header in an encoding, then lines as they are, however broken."""
        if not table.num_rows:
            return
        with self.file(channel, name) as path:
            copy(table, path, "format csv, header")
            text = path.read_text(encoding="utf-8") + "".join(f"{line}\n" for line in broken)
            path.write_text(text, encoding=encoding, newline="\r\n" if encoding == "gbk" else "\n")


def copy(table: pa.Table, path: Path, options: str) -> None:
    """Write a table with DuckDB's own writer (`copy … to`), rows in order."""
    with open_scratch() as connection:
        connection.register("rows_to_write", table)
        connection.execute(f"copy (select * from rows_to_write) to '{path}' ({options})")


class Database:
    """A SQLite database of a channel, filled block by block; it takes its real name when the block ends well.

    Args:
        landing: where it goes.
        channel: the channel's folder and the file's name: `landing/<channel>/<channel>.db`.
        tables: `create table` statements.
        indexes: `create index` statements, run last.
    """

    _insert = "insert"

    def __init__(self, landing: Landing, channel: str, tables: Iterable[str], indexes: Iterable[str]) -> None:
        self._landing, self._channel = landing, channel
        self._tables, self._indexes = tables, indexes

    def __enter__(self) -> Database:
        self._file = self._landing.file(self._channel, f"{self._channel}.db")
        self._connection = sqlite3.connect(self._file.__enter__())
        self._connection.executescript("pragma journal_mode = off; pragma synchronous = off")
        for statement in self._tables:
            self._connection.execute(statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            for statement in self._indexes:
                self._connection.execute(statement)
            self._connection.commit()
        self._connection.close()
        self._file.__exit__(kind, error, trace)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append rows; columns by position."""
        marks = ", ".join("?" * rows.num_columns)
        for start in range(0, rows.num_rows, _BATCH):
            columns = [_plain(column) for column in rows.slice(start, _BATCH).columns]
            self._connection.executemany(f"{self._insert} into {table} values ({marks})", zip(*columns, strict=True))


class DatabaseDay(Database):
    """A further day in the SQLite database of a channel: all of it or nothing, and once however often it is tried.

    A row whose primary key is there already takes the place of the old one.

    Args:
        landing: where the database is.
        channel: the channel's folder and the file's name.
        day: the day that is written.
    """

    _insert = "insert or replace"

    def __init__(self, landing: Landing, channel: str, day: date) -> None:
        super().__init__(landing, channel, (), ())
        self._day = day.isoformat()

    def __enter__(self) -> DatabaseDay:
        self._connection = sqlite3.connect(self._landing.root / self._channel / f"{self._channel}.db")
        self._connection.execute("create table if not exists demo_days (day varchar(10) primary key)")
        known = self._connection.execute("select day from demo_days where day = ?", (self._day,)).fetchall()
        self._is_written = bool(known)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._is_written:
            self._connection.execute("insert into demo_days values (?)", (self._day,))
            self._connection.commit()
        self._connection.close()

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append or replace rows; nothing when the day has been written before."""
        if not self._is_written:
            super().insert(table, rows)


def _plain(column: pa.ChunkedArray) -> list[object]:
    """Values as SQLite keeps them: decimals as numbers, times as text."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64()).to_pylist()
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("s")).cast(pa.string()).to_pylist()
    if pa.types.is_date(column.type):
        return column.cast(pa.string()).to_pylist()
    return column.to_pylist()


class Truth:
    """Collects who is behind each native id; nothing in the pipeline reads it."""

    SCHEMA = pa.schema([("channel", pa.string()), ("native_id", pa.string()), ("person_id", pa.int64())])

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._draft = path.with_name(f"{path.name}.part")

    def __enter__(self) -> Truth:
        self._writer = pq.ParquetWriter(self._draft, self.SCHEMA, compression="zstd")
        return self

    def add(self, channel: str, native_ids: pa.Array, person_ids: np.ndarray) -> None:
        """Note the people behind the ids of one channel."""
        names = pa.array([channel]).take(pa.array(np.zeros(len(native_ids), dtype=np.int64)))
        columns = [names, native_ids, pa.array(person_ids)]
        self._writer.write_table(pa.table(columns, schema=self.SCHEMA))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if error is None:
            put_in_place(self._draft, self._path)
