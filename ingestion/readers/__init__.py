"""Readers, one module a format: file in, `Raw` out, no row lost."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from ingestion.contract.table import Table
from ingestion.readers.csv import read_csv
from ingestion.readers.excel import read_excel
from ingestion.readers.json import read_document, read_lines
from ingestion.readers.parquet import read_parquet
from ingestion.readers.parsed_file import ParsedFile, Readable

READERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Table, Readable], ParsedFile]] = {
    "csv": read_csv,
    "excel": read_excel,
    "json": read_document,
    "jsonl": read_lines,
    "parquet": read_parquet,
}


def read(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> ParsedFile:
    """Read one file for one table with the reader of the table's format.

    Raises:
        Unreadable: the whole file cannot be read; `Incomplete` when it ends in the middle.
    """
    return READERS[table.format](connection, table, file)
