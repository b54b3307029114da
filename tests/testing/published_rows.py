"""A publication opened past the product, for looking at what was published."""

import json
from pathlib import Path

import duckdb

from stores.publication_files.tables import follow
from stores.settings import Settings


def open_rows(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the file of a publication; close it after use."""
    connection = duckdb.connect(str(path), read_only=True)
    follow(connection, path)
    return connection


def point_at_day(settings: Settings, as_of: str, published_at: str = "2026-06-30T10:00:00+08:00") -> None:
    """A pointer to a publication of a day, without any rows: for what asks for the day only."""
    settings.published.mkdir(parents=True, exist_ok=True)
    (settings.published / "serving-1.duckdb").touch()
    pointer = {
        "publication_id": "1", "run_id": "r", "as_of": as_of, "published_at": published_at, "file": "serving-1.duckdb"
    }  # fmt: skip
    (settings.published / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
