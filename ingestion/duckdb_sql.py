"""SQL text from names and values, and the in-memory DuckDB that does the reading."""

from __future__ import annotations

from pathlib import Path

import duckdb

from stores.duckdb_connection import threads_within
from stores.settings import Settings


def identifier(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """The text as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def literals(values: list[str]) -> str:
    """The texts as a DuckDB list literal."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def connect(settings: Settings, spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB in the business time zone.

    What does not fit into memory spills to `spill` encrypted: rows in it still hold clear personal data, and a killed
    process leaves its spill files behind.
    """
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": threads_within(settings), "memory_limit": settings.memory_limit})
    connection.execute("set temp_file_encryption = true")
    connection.execute(f"set temp_directory = {literal(str(spill))}")
    connection.execute(f"set TimeZone = {literal(settings.timezone)}")
    connection.execute("set enable_progress_bar = false")
    return connection
