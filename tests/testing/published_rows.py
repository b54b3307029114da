"""A publication opened past the product, for looking at what was published."""

from pathlib import Path

import duckdb

from stores.publication_files.tables import follow


def open_rows(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the file of a publication; close it after use."""
    connection = duckdb.connect(str(path), read_only=True)
    follow(connection, path)
    return connection
