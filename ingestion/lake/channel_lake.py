"""The raw lake of one channel: its tables, which loads count, which files are in it already."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.contract.channel import Channel
from ingestion.duckdb_sql import identifier, literal
from stores.lake.checksums import forget_parts
from stores.settings import Settings

ORIGIN_COLUMNS = {"_source_file": "varchar", "_file_id": "varchar", "_line": "bigint"}
LOAD_COLUMN = {"_dlt_load_id": "varchar"}
QUARANTINE_COLUMNS = {
    "target": "varchar",
    "source_file": "varchar",
    "file_id": "varchar",
    "line": "bigint",
    "reason": "varchar",
    "row": "varchar",
    "row_cipher": "varchar",
    "quarantined_at": "timestamp",
}
REPLAY_COLUMNS = {"target": "varchar", "file_id": "varchar", "line": "bigint", "replayed_at": "timestamp"}
LEDGER_COLUMNS = {
    "target": "varchar",
    "source_file": "varchar",
    "file_id": "varchar",
    "kind": "varchar",
    "cursor_value": "varchar",
    "bytes": "bigint",
    "physical_rows": "bigint",
    "loaded_rows": "bigint",
    "quarantined_rows": "bigint",
    "ingested_at": "timestamp",
}
LOADS_COLUMNS = {
    "load_id": "varchar",
    "schema_name": "varchar",
    "status": "bigint",
    "inserted_at": "varchar",
    "schema_version_hash": "varchar",
}
CONTRACT_STEM = "00000000000.contract"


def table_columns(channel: Channel) -> dict[str, dict[str, str]]:
    """Every table of the channel in the lake with its columns and DuckDB types, without `_dlt_load_id`."""
    tables = {table.name: {**table.lake_columns, **ORIGIN_COLUMNS} for table in channel.tables}
    return {
        **tables,
        "quarantine": QUARANTINE_COLUMNS,
        "quarantine_replays": REPLAY_COLUMNS,
        "file_ledger": LEDGER_COLUMNS,
    }


class Lake:
    """Reads one channel's part of the lake; only rows of completed loads count.

    Args:
        settings: of this installation.
        channel: whose dataset it is.
        connection: any DuckDB connection.
    """

    def __init__(self, settings: Settings, channel: Channel, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder = settings.lake / channel.dataset
        self._channel = channel
        self._connection = connection

    def ensure_contract_files(self) -> None:
        """Make every declared table readable before its first row: a Parquet file with all columns and no rows.

        Files of an older contract are replaced.
        """
        for table, columns in table_columns(self._channel).items():
            typed = {**columns, **LOAD_COLUMN}
            place = self.folder / table / f"{CONTRACT_STEM}.parquet"
            if not place.exists() or self._columns_of(place) != typed:
                empty = ", ".join(f"cast(null as {kind}) as {identifier(name)}" for name, kind in typed.items())
                draft = self._draft(place)
                self._connection.execute(f"copy (select {empty} where false) to {literal(str(draft))} (format parquet)")
                draft.replace(place)
        loads = self.folder / "_dlt_loads" / f"{CONTRACT_STEM}.jsonl"
        if not loads.exists():
            draft = self._draft(loads)
            draft.touch()
            draft.replace(loads)

    def rows(self, table: str) -> str:
        """SQL for the rows of a table that came with completed loads."""
        files = literal(str(self.folder / table / "*.parquet"))
        return (
            f"(select * from read_parquet({files}, union_by_name = true, hive_partitioning = false) "
            f"where _dlt_load_id in (select load_id from {self.loads()} where status = 0))"
        )

    def loads(self) -> str:
        """SQL for dlt's table of loads."""
        return loads_sql(self.folder)

    def known_files(self) -> set[tuple[str, str]]:
        """(file id, table) of every file in the lake."""
        query = f"select distinct file_id, target from {self.rows('file_ledger')} where kind = 'file'"
        return {(str(file_id), str(target)) for file_id, target in self._connection.execute(query).fetchall()}

    def cursors(self) -> dict[str, datetime]:
        """How far each table of a database or API source has been read, in business time."""
        known = f"select target, cursor_value from {self.rows('file_ledger')} where cursor_value is not null"
        query = f"select target, max(cursor_value) from ({known}) group by target"
        rows = self._connection.execute(query).fetchall()
        return {str(target): datetime.fromisoformat(value) for target, value in rows}

    def was_read(self) -> bool:
        """Whether anything was ever loaded."""
        query = f"select 1 from {self.rows('file_ledger')} where loaded_rows > 0 limit 1"
        return self._connection.execute(query).fetchone() is not None

    def sweep(self, load_ids: list[str]) -> None:
        """Delete what loads left that were given up, and half-copied files; safe only under the channel's lock.

        Args:
            load_ids: loads to forget, unless they did complete.
        """
        query = f"select load_id from {self.loads()} where status = 0"
        complete = {str(row[0]) for row in self._connection.execute(query).fetchall()}
        for table in table_columns(self._channel):
            for file in (self.folder / table).glob("*"):
                load_id = ".".join(file.name.split(".")[:2])
                if file.name.startswith(".") or (load_id in load_ids and load_id not in complete):
                    file.unlink()
        for load_id in set(load_ids) - complete:
            forget_parts(self.folder, load_id)

    def _columns_of(self, place: Path) -> dict[str, str]:
        described = self._connection.execute(f"describe select * from read_parquet({literal(str(place))})").fetchall()
        return {str(name): str(kind).lower() for name, kind, *_ in described}

    def _draft(self, place: Path) -> Path:
        place.parent.mkdir(parents=True, exist_ok=True)
        return place.with_name(f".{place.name}.{os.getpid()}.part")


def loads_sql(folder: Path) -> str:
    """SQL that reads `_dlt_loads` of a dataset folder; works before the first load too."""
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in LOADS_COLUMNS.items())
    files = literal(str(folder / "_dlt_loads" / "*.jsonl"))
    return f"read_json({files}, format = 'newline_delimited', columns = {{{columns}}})"
