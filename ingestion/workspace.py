"""Where a run gathers what it will hand to dlt: pools of small results and Parquet files of big ones."""

from __future__ import annotations

import itertools
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.contract import Channel
from ingestion.lake import Lake, table_columns
from ingestion.sql import connect, identifier, literal
from stores.keyring import Keyring, load_keyring
from stores.settings import Settings

LakePart = tuple[Path, int]  # a Parquet file and its number of rows


class Workspace:
    """Working state of one ingestion run of one channel; use as a context manager.

    Attributes:
        connection: in-memory DuckDB.
        lake: the channel's part of the lake.
        keyring: keys of this installation.
        now: naive business time of the run.
        load_id: dlt's id of the load package, known once extraction has begun.
    """

    def __init__(self, settings: Settings, channel: Channel) -> None:
        self.settings = settings
        self.channel = channel
        self.folder = settings.state / "ingestion" / channel.name
        self._parts_folder = self.folder / "parts"
        # what a killed run left behind is of no use any more
        for name in ("parts", "spill"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self._parts_folder.mkdir(parents=True, exist_ok=True)
        self.connection: duckdb.DuckDBPyConnection = connect(settings, self.folder / "spill")
        self.lake = Lake(settings, channel, self.connection)
        self.keyring: Keyring = load_keyring(settings.keyring_path)
        self.now: datetime = settings.now().replace(tzinfo=None)
        self.load_id: str | None = None
        self._columns = table_columns(channel)
        self._parts: dict[str, list[LakePart]] = {name: [] for name in self._columns}
        self._numbers = itertools.count(1)
        for table, columns in self._columns.items():
            typed = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
            self.connection.execute(f"create temp table {self.pool(table)} ({typed})")

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *failure: object) -> None:
        self.connection.close()
        for name in ("parts", "spill"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def pool(self, table: str) -> str:
        """Name of the temporary table that collects the small results of a lake table."""
        return identifier(f"pool_{table}")

    def columns(self, table: str) -> dict[str, str]:
        """Columns of a lake table with their DuckDB types, without `_dlt_load_id`."""
        return self._columns[table]

    def pooled_rows(self, table: str) -> int:
        """Rows in the pool of a table."""
        return int(self.connection.execute(f"select count(*) from {self.pool(table)}").fetchall()[0][0])

    def gathered(self, table: str) -> str:
        """SQL for the origin columns of all rows gathered for a table in this run."""
        origin = "_source_file, _file_id, _line"
        places = [self.pool(table), *(f"read_parquet({literal(str(place))})" for place, _ in self._parts[table])]
        return "(" + " union all ".join(f"select {origin} from {place}" for place in places) + ")"

    def add(self, table: str, rows: pa.Table) -> None:
        """Put rows with the table's own columns, in order, into its pool."""
        self.connection.register("rows_to_add", rows)
        self.connection.execute(f"insert into {self.pool(table)} select * from rows_to_add")
        self.connection.unregister("rows_to_add")

    def write_part(self, table: str, query: str, connection: duckdb.DuckDBPyConnection | None = None) -> LakePart:
        """Write a query's rows, with the load id added, as a Parquet file; returns it with its number of rows.

        The file counts only once it is handed to `keep_part`.
        """
        assert self.load_id is not None
        place = self._parts_folder / f"{table}.{next(self._numbers)}.parquet"
        statement = (
            f"copy (select *, {literal(self.load_id)} as _dlt_load_id from ({query})) "
            f"to {literal(str(place))} (format parquet)"
        )
        written = (connection or self.connection).execute(statement).fetchall()
        return place, int(written[0][0])

    def keep_part(self, table: str, part: LakePart) -> None:
        """Let a written part be loaded."""
        if part[1]:
            self._parts[table].append(part)

    def flush(self) -> None:
        """Write every pool that has rows as a part."""
        for table in self._columns:
            if self.pooled_rows(table):
                self.keep_part(table, self.write_part(table, f"select * from {self.pool(table)}"))
                self.connection.execute(f"delete from {self.pool(table)}")

    def parts(self, table: str) -> list[LakePart]:
        """The Parquet files of a table with their numbers of rows."""
        return self._parts[table]
