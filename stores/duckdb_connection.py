"""Opens DuckDB as every part of the platform should: bounded, silent, spilling into the data folder. Values in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb

from stores.settings import Settings

# With less a thread, hash joins of wide tables fail: what they hold in hand cannot be spilled.
_MEGABYTES_A_THREAD = 500
_MEGABYTES = {"MB": 1, "GB": 1_000, "TB": 1_000_000}


def threads_within(settings: Settings) -> int:
    """How many threads DuckDB works with: `threads`, or as many as the `memory_limit` is enough for."""
    number, unit = re.findall(r"[\d.]+|[A-Z]+", settings.memory_limit)
    return max(1, min(settings.threads, int(float(number) * _MEGABYTES[unit]) // _MEGABYTES_A_THREAD))


def open_duckdb(settings: Settings, path: Path | None = None, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database, or a scratch one in memory.

    Args:
        settings: the installation; its `threads` and `memory_limit` bound the connection, see `threads_within`.
        path: the file; None opens an empty database in memory, which spills to the state folder when it must.
        read_only: True lets others read the same file at the same time.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads_within(settings),
        "memory_limit": settings.memory_limit,
    }
    if path is None:
        config["temp_directory"] = str(settings.state / "spill")
    return _without_progress_bar(duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config))


def open_scratch(**config: str | int) -> duckdb.DuckDBPyConnection:
    """Open an empty database in memory where there is no installation whose limits could bound it.

    Args:
        config: DuckDB's own settings, such as `threads`.
    """
    return _without_progress_bar(duckdb.connect(config=dict(config)))


def _without_progress_bar(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """DuckDB draws one on the terminal, in the middle of ours."""
    connection.execute("set enable_progress_bar = false")
    return connection


def identifier(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """The text, or the path as text, as an SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: Iterable[str | Path]) -> str:
    """The texts as a DuckDB list literal."""
    return "[" + ", ".join(map(literal, values)) + "]"
