"""Parquet, read where it lies: typed columns and the row's own number."""

from __future__ import annotations

import duckdb

from ingestion.contract.table import Table
from ingestion.readers.parquet_size import look_through
from ingestion.readers.parsed_file import Field, ParsedFile, Part, Readable, Unreadable
from stores.duckdb_connection import identifier, literal


def read_parquet(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> ParsedFile:
    """Read a Parquet file; its line numbers are its row numbers from 1.

    Raises:
        Unreadable: empty, not Parquet, beyond the limits, or its footer contradicts itself.
        Incomplete: the footer is missing.
    """
    extent = look_through(connection, file.path)
    where = literal(str(file.path))
    try:
        describe = f"describe select * from read_parquet({where}, hive_partitioning = false)"
        described = connection.execute(describe).fetchall()
    except duckdb.Error as bad:
        raise Unreadable(f"not readable as Parquet: {str(bad).splitlines()[0]}") from bad
    fields = [Field(str(name), identifier(str(name)), str(kind).lower()) for name, kind, *_ in described]
    if any(field.name.lower() == "file_row_number" for field in fields):
        raise Unreadable("has a column file_row_number of its own; rename it")
    relation = f"read_parquet({where}, file_row_number = true, hive_partitioning = false)"
    part = Part(relation, "file_row_number + 1")
    header = [field.name for field in fields]
    return ParsedFile(fields, [part], extent.rows, header=header, longest_row=extent.longest_row)
