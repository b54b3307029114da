"""Looks through a Parquet file before its rows are taken: how wide, how deep and how large they are once unpacked.

A few kilobytes can stand for terabytes: one long text in a dictionary, named by every row. What the footer says of
sizes is not enough to know, so texts are measured where they lie, without being copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.readers import read_limits
from ingestion.readers.parquet_pages import BrokenPage, Pages, walk
from ingestion.readers.parsed_file import Incomplete, Unreadable
from stores.duckdb_connection import identifier, literal

_MAGIC = b"PAR1"
_ENDING = 8
_FIXED_WIDTH = 8
_VECTOR = 2_048  # rows that DuckDB unpacks at once
_TEXTS = ("varchar", "blob", "bit")
_SMALL = 64 << 20
_WRITE_IT_SMALLER = "write it with smaller row groups and pages"


@dataclass(frozen=True)
class Extent:
    """How much a file holds.

    Attributes:
        rows: as its row groups say, all in agreement.
        longest_row: bytes; 0 where no row can be long.
    """

    rows: int
    longest_row: int


def look_through(connection: duckdb.DuckDBPyConnection, path: Path) -> Extent:
    """Refuse what must not be read; DuckDB opens the file only when its footer is sound.

    Raises:
        Unreadable: beyond the limits, or its footer contradicts itself.
        Incomplete: the footer is missing.
    """
    said = _footer(path)
    _refuse_wide(said)
    worst = _look_at_pages(path, said)
    return Extent(said.num_rows, _longest_row(connection, path) if worst > _SMALL else 0)


def _footer(path: Path) -> pq.FileMetaData:
    size = path.stat().st_size
    with path.open("rb") as opened:
        start = opened.read(len(_MAGIC))
        opened.seek(-min(_ENDING, size), 2)
        ending = opened.read(_ENDING)
    if not start:
        raise Unreadable("empty file")
    if start != _MAGIC:
        raise Unreadable("not a Parquet file")
    if ending[-len(_MAGIC) :] != _MAGIC or size < _ENDING + len(_MAGIC):
        raise Incomplete("the Parquet file has no footer")
    length = int.from_bytes(ending[:4], "little")
    if length > min(read_limits.LARGEST_FOOTER, size - _ENDING - len(_MAGIC)):
        raise Unreadable(f"its footer claims to be {length:,} bytes long, more than there are or may be")
    try:
        # what a footer may hold is bounded while it is unpacked: a list of a billion columns takes few bytes
        return pq.ParquetFile(
            path,
            thrift_string_size_limit=read_limits.LARGEST_FOOTER,
            thrift_container_size_limit=read_limits.LONGEST_LIST_IN_FOOTER,
        ).metadata
    except (pa.ArrowException, OSError, MemoryError) as bad:
        if "size limit" in str(bad):
            most = read_limits.LONGEST_LIST_IN_FOOTER
            raise Unreadable(f"its footer lists more than {most:,} columns or row groups; write it with fewer") from bad
        if "deeply nested" in str(bad):
            raise Unreadable("nested too deeply") from bad
        raise Unreadable("not readable as Parquet: its footer is damaged") from bad


def _refuse_wide(said: pq.FileMetaData) -> None:
    if said.num_columns > read_limits.MOST_COLUMNS:
        raise Unreadable(f"{said.num_columns:,} columns; at most {read_limits.MOST_COLUMNS:,} are read")


def _look_at_pages(path: Path, said: pq.FileMetaData) -> int:
    """Hold what the footer says against the pages themselves; returns the most bytes that all values may have."""
    counted = worst = 0
    with path.open("rb") as file:
        for number in range(said.num_row_groups):
            group = said.row_group(number)
            counted += group.num_rows
            unpacked = 0
            for place in range(group.num_columns):
                column = group.column(place)
                first = column.dictionary_page_offset if column.has_dictionary_page else None
                start = min(first, column.data_page_offset) if first else column.data_page_offset
                try:
                    pages = walk(file, start, column.total_compressed_size)
                except (BrokenPage, OSError, ValueError) as bad:
                    raise Unreadable("its data are damaged (page header)") from bad
                is_flat = said.schema.column(place).max_repetition_level == 0
                if pages.values != column.num_values or (is_flat and pages.values != group.num_rows):
                    raise Unreadable(f"its footer speaks of {group.num_rows:,} rows where {pages.values:,} are")
                _refuse_large_pages(pages, column.num_values)
                worst += column.num_values * column.total_uncompressed_size
                unpacked += column.total_uncompressed_size
            _refuse_large_group(unpacked, group.num_rows)
    if counted != said.num_rows:
        raise Unreadable(f"its footer speaks of {said.num_rows:,} rows where {counted:,} are")
    return worst


def _refuse_large_pages(pages: Pages, values: int) -> None:
    # every value that is unpacked at once may be the longest text of the dictionary
    if pages.largest_dictionary * min(values, _VECTOR) > read_limits.LARGEST_ROW_GROUP * 2:
        raise Unreadable(f"a dictionary of {pages.largest_dictionary >> 20:,} MB; {_WRITE_IT_SMALLER}")
    if pages.largest_page > read_limits.LARGEST_PAGE:
        raise Unreadable(f"a page unpacks to {pages.largest_page >> 20:,} MB; {_WRITE_IT_SMALLER}")


def _refuse_large_group(unpacked: int, rows: int) -> None:
    most = read_limits.LARGEST_ROW_GROUP
    if unpacked > most or unpacked / max(rows, 1) * min(rows, _VECTOR) > most // 2:
        raise Unreadable(f"a row group unpacks to {unpacked >> 20:,} MB; {_WRITE_IT_SMALLER}")


def _longest_row(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Bytes of the longest row."""
    relation = f"read_parquet({literal(str(path))}, hive_partitioning = false)"
    ((threads,),) = connection.execute("select current_setting('threads')").fetchall()
    # rows are unpacked by the thousand, and each thread has its own
    connection.execute("set threads = 1")
    try:
        table = connection.sql(f"from {relation} limit 0")
        size = " + ".join(
            _bytes_of(identifier(name), kind) for name, kind in zip(table.columns, table.types, strict=True)
        )
        ((longest, unpacked),) = connection.execute(f"select max({size}), sum({size}) from {relation}").fetchall()
    except duckdb.OutOfMemoryException as bad:
        raise Unreadable(f"some rows of it need more than `memory_limit` gives; {_WRITE_IT_SMALLER}") from bad
    except duckdb.Error:
        # damaged: whoever takes the rows will say so, and how many they are
        return 0
    finally:
        connection.execute(f"set threads = {threads}")
    if (longest or 0) > read_limits.LONGEST_LINE:
        raise Unreadable(f"a row of {longest >> 20:,} MB; at most {read_limits.LONGEST_LINE >> 20} MB are read")
    if (unpacked or 0) > max(read_limits.MOST_UNPACKED, path.stat().st_size * read_limits.TIGHTEST_PACKING):
        raise Unreadable(f"unpacks to more than {read_limits.MOST_UNPACKED >> 30} GB; split it")
    return int(longest or 0)


def _bytes_of(value: str, kind: Any, depth: int = 0) -> str:
    """SQL for the bytes of a value, whatever it is made of; texts are measured, not copied."""
    if kind.id in _TEXTS:
        return f"coalesce({'strlen' if kind.id == 'varchar' else 'octet_length'}({value}), 0)"
    if kind.id in ("list", "array", "map"):
        items = f"map_entries({value})" if kind.id == "map" else value
        item = f"item{depth}"
        if kind.id == "map":
            parts = dict(kind.children)
            each = " + ".join(_bytes_of(f"{item}.{part}", parts[part], depth + 1) for part in ("key", "value"))
        else:
            each = _bytes_of(item, dict(kind.children)["child"], depth + 1)
        return f"coalesce(list_sum(list_transform({items}, lambda {item}: {each})), 0)::bigint"
    if kind.id == "struct":
        fields = [_bytes_of(f"{value}.{identifier(name)}", field, depth) for name, field in kind.children]
        return f"({' + '.join(fields) or '0'})"
    return str(_FIXED_WIDTH)
