"""Parquet, read where it lies: typed columns and the row's own number."""

from __future__ import annotations

import duckdb

from ingestion.contract import Table
from ingestion.raw import Field, Incomplete, Part, Raw, Readable, Unreadable
from ingestion.sql import identifier, literal

_MAGIC = b"PAR1"


def read_parquet(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read a Parquet file; its line numbers are its row numbers from 1.

    Raises:
        Unreadable: empty or not Parquet.
        Incomplete: the footer is missing.
    """
    with file.path.open("rb") as opened:
        start = opened.read(4)
        opened.seek(-min(4, file.size), 2)
        end = opened.read(4)
    if not start:
        raise Unreadable("empty file")
    if start != _MAGIC:
        raise Unreadable("not a Parquet file")
    if end != _MAGIC or file.size < 12:
        raise Incomplete("the Parquet file has no footer")
    where = literal(str(file.path))
    try:
        describe = f"describe select * from read_parquet({where}, hive_partitioning = false)"
        described = connection.execute(describe).fetchall()
        ((rows,),) = connection.execute(f"select sum(num_rows) from parquet_file_metadata({where})").fetchall()
    except duckdb.Error as bad:
        raise Unreadable(f"not readable as Parquet: {str(bad).splitlines()[0]}") from bad
    fields = [Field(str(name), identifier(str(name)), str(kind).lower()) for name, kind, *_ in described]
    if any(field.name.lower() == "file_row_number" for field in fields):
        raise Unreadable("has a column file_row_number of its own; rename it")
    relation = f"read_parquet({where}, file_row_number = true, hive_partitioning = false)"
    return Raw(fields, [Part(relation, "file_row_number + 1")], int(rows or 0), header=[field.name for field in fields])
