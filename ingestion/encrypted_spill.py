"""The in-memory DuckDB that reads what channels deliver: what it spills to the disk is encrypted."""

from __future__ import annotations

from pathlib import Path

import duckdb

from stores.duckdb_connection import literal, threads_within
from stores.settings import Settings


def connect(settings: Settings, spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB in the business time zone.

    What does not fit into memory spills to `spill` encrypted: rows in it still hold clear personal data, and a killed
    process leaves its spill files behind.
    """
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": threads_within(settings), "memory_limit": settings.memory_limit})
    connection.execute("set temp_file_encryption = true")
    connection.execute(f"set temp_directory = {literal(spill)}")
    connection.execute(f"set TimeZone = {literal(settings.timezone)}")
    connection.execute("set enable_progress_bar = false")
    return connection
