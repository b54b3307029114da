"""The raw lake of one channel: its tables, which loads count, which files are in it already."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.contract.channel import Channel
from stores.atomic_files import replacing
from stores.duckdb_connection import identifier, literal
from stores.lake import reader
from stores.lake.checksums import forget_parts
from stores.lake.contract_files import is_readable_and_empty
from stores.lake.layout import CONTRACT, LOADS, owner_of
from stores.lake.vault import renew_empty_file
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
    "row_token": "varchar",
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
CONTRACT_STEM = f"{CONTRACT}contract"

log = logging.getLogger(__name__)


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
        self._settings = settings
        self._channel = channel
        self._connection = connection

    def ensure_contract_files(self) -> None:
        """Make every declared table readable before its first row: a Parquet file with all columns and no rows.

        Files of an older contract and damaged ones are replaced, that of the vault too.
        """
        for table, columns in table_columns(self._channel).items():
            typed = {**columns, **LOAD_COLUMN}
            place = self.folder / table / f"{CONTRACT_STEM}.parquet"
            if not place.exists() or self._columns_of(place) != typed:
                empty = ", ".join(f"cast(null as {kind}) as {identifier(name)}" for name, kind in typed.items())
                with replacing(place) as draft:
                    none = f"select {empty} where false"
                    self._connection.execute(f"copy ({none}) to {literal(str(draft))} (format parquet)")
        renew_empty_file(self._settings)
        loads = self.folder / LOADS / f"{CONTRACT_STEM}.jsonl"
        if not loads.exists() or loads.stat().st_size:
            with replacing(loads) as draft:
                draft.touch()

    def rows(self, table: str) -> str:
        """SQL for the rows of a table that came with completed loads."""
        return reader.rows(self.folder, table)

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
        found = self._connection.execute(reader.completed_loads(self.folder)).fetchall()
        complete = {str(load_id) for (load_id,) in found}
        for table in table_columns(self._channel):
            for file in (self.folder / table).glob("*"):
                load_id = owner_of(file.name)
                if file.name.startswith(".") or (load_id in load_ids and load_id not in complete):
                    file.unlink()
        for load_id in set(load_ids) - complete:
            forget_parts(self.folder, load_id)

    def _columns_of(self, place: Path) -> dict[str, str]:
        if not is_readable_and_empty(place):
            log.warning("%s/%s was damaged; it is written again", place.parent.name, place.name)
            return {}
        described = self._connection.execute(f"describe select * from read_parquet({literal(str(place))})").fetchall()
        return {str(name): str(kind).lower() for name, kind, *_ in described}
