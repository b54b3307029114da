"""A raw lake of a few rows, written the way ingestion writes it, for tests of the dbt project.

`python -m tests.testing.dbt.tiny_lake FOLDER` writes the standard one, to try models on by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from ingestion.channels import discover
from ingestion.contract.channel import Channel
from intelligence.lifetime.results import ensure_results
from linkage.links_file import ensure_links
from tests.testing.dbt.tiny_rows import Rows, standard_rows

_TECHNICAL = {"_source_file": "varchar", "_file_id": "varchar", "_line": "bigint", "_dlt_load_id": "varchar"}
_LEDGER = {
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
    "_dlt_load_id": "varchar",
}
_QUARANTINE = {
    "target": "varchar",
    "source_file": "varchar",
    "file_id": "varchar",
    "line": "bigint",
    "reason": "varchar",
    "row": "varchar",
    "row_cipher": "varchar",
    "quarantined_at": "timestamp",
    "_dlt_load_id": "varchar",
}


class TinyLake:
    """Writes loads into a folder; every declared table has its empty contract file from the start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channels = discover()
        ensure_links(folder)
        ensure_results(folder)
        for channel in self.channels.values():
            for table, columns in _tables(channel).items():
                self._write(channel, table, "00000000000.contract", columns, [])
            loads = self.folder / channel.dataset / "_dlt_loads"
            loads.mkdir(parents=True, exist_ok=True)
            (loads / "contract.jsonl").touch()

    def load(self, channel_name: str, load_id: str, tables: Mapping[str, Rows], complete: bool = True) -> None:
        """Write one load; an incomplete one leaves its files but no entry among the loads."""
        channel = self.channels[channel_name]
        for table, rows in tables.items():
            columns = _tables(channel)[table]
            known = {"_source_file": f"{table}.csv", "_file_id": load_id, "_dlt_load_id": load_id}
            numbered = [{**known, "_line": line, **row} for line, row in enumerate(rows, start=1)]
            unknown = {name for row in rows for name in row} - set(columns)
            if unknown:
                raise ValueError(f"{channel_name}.{table} has no column {', '.join(sorted(unknown))}")
            self._write(channel, table, f"{load_id}.0", columns, numbered)
        if complete:
            entry = {"load_id": load_id, "schema_name": channel.dataset, "status": 0}
            path = self.folder / channel.dataset / "_dlt_loads" / f"{channel.dataset}__{load_id}.jsonl"
            path.write_text(json.dumps(entry), encoding="utf-8")

    def _write(self, channel: Channel, table: str, name: str, columns: Mapping[str, str], rows: Rows) -> None:
        path = self.folder / channel.dataset / table / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        fields = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        with duckdb.connect() as connection:
            connection.execute(f"create table written ({fields})")
            if rows:
                values = [[row.get(column) for column in columns] for row in rows]
                connection.executemany(f"insert into written values ({', '.join('?' * len(columns))})", values)
            connection.execute(f"copy written to '{path}' (format parquet)")


def write_standard(folder: Path) -> TinyLake:
    """Write the standard tiny lake into a folder."""
    lake = TinyLake(folder)
    for channel, load_id, tables in standard_rows():
        lake.load(channel, load_id, tables)
    return lake


def _tables(channel: Channel) -> dict[str, dict[str, str]]:
    declared = {table.name: {**table.lake_columns, **_TECHNICAL} for table in channel.tables}
    return {**declared, "file_ledger": _LEDGER, "quarantine": _QUARANTINE}


if __name__ == "__main__":
    write_standard(Path(sys.argv[1]))
