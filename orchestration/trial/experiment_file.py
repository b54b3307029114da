"""The file of an experiment: the cells of the columns that were asked for, as text, none of its rows lost."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.contract.table import Column, Table, header_key
from ingestion.personal_data.encrypted_spool import SPOOLED
from ingestion.readers.csv import read_csv
from ingestion.readers.parsed_file import BrokenRow, Field, ParsedFile, Readable, Unreadable
from ingestion.readers.text_encoding import marked
from orchestration.trial.column_detection import WHITESPACE, delimiter_of, first_line
from stores.duckdb_connection import identifier
from stores.errors import UserError

CELLS = "cells"


@dataclass(frozen=True)
class Cells:
    """What was read: the table `cells` with the line of each row and its cells as text, empty ones null.

    Attributes:
        columns: name of a column as it was asked for, to its column of `cells`.
        rows: how many rows `cells` has.
        rejected: lines that are no rows of the file.
        notes: what else should be known of the file.
    """

    columns: dict[str, str]
    rows: int
    rejected: list[BrokenRow]
    notes: tuple[str, ...]


def read_cells(connection: duckdb.DuckDBPyConnection, path: Path, asked: Mapping[str, str], hashed: str = "") -> Cells:
    """Read the columns of a file that are asked for.

    Args:
        connection: gets the table `cells`.
        path: CSV, also gzipped; UTF-8, UTF-16, GBK or Big5; separated by , ; tab | or blanks.
        asked: names of columns, to the option that asks for each.
        hashed: the one of them of which a digest is kept in place of its cells: it may identify somebody.

    Raises:
        UserError: no such file, no CSV, no such column, or no rows.
    """
    line = "" if path.is_file() and _is_wide(path) else first_line(path)
    # blanks separate columns only where they separate those that are asked for: a title above the header has blanks too
    by_blanks = {header_key(name) for name in asked} <= set(map(header_key, line.split()))
    delimiter = WHITESPACE if by_blanks and delimiter_of(line) == WHITESPACE else ""
    table = Table(
        name="experiment", format="csv", delimiter=delimiter,
        columns={f"c{place}": Column(header=name) for place, name in enumerate(asked)},
    )  # fmt: skip
    try:
        file = Readable(path, path.name, path.name, path.stat().st_size)
        parsed = read_csv(connection, table, file)
        places = {name: _place(path, parsed, name, option) for name, option in asked.items()}
        rows = _filled(connection, parsed, places, hashed)
        if rows is None and parsed.careful is not None:
            parsed = parsed.careful()
            rows = _filled(connection, parsed, places, hashed)
    except (Unreadable, OSError, EOFError, zlib.error, duckdb.Error) as bad:
        raise UserError(f"{path} cannot be read: {' '.join(str(bad).split())}.".replace("..", ".")) from bad
    if rows is None:
        raise UserError(f"{path} cannot be read: its lines and its rows do not add up. Save it as CSV in UTF-8.")
    if not rows:
        first = f" Line {parsed.broken[0].line}: {parsed.broken[0].reason}." if parsed.broken else ""
        raise UserError(f"{path} has no row of units below its header.{first}")
    return Cells({name: f"c{place}" for place, name in enumerate(asked)}, rows, parsed.broken, tuple(parsed.notes))


def _is_wide(path: Path) -> bool:
    """Whether it is UTF-16 or UTF-32 by its mark."""
    with path.open("rb") as file:
        return (marked(file.read(4)) or "").startswith(("utf-16", "utf-32"))


def _place(path: Path, parsed: ParsedFile, name: str, option: str) -> Field:
    """The field of a column, by its name whatever the letter case and width."""
    found = [field for field in parsed.fields if header_key(field.name) == header_key(name)]
    if not found:
        there = ", ".join(field.name for field in parsed.fields if field.name)
        raise UserError(f"{path}: {option} {name}: there is no such column. The columns are: {there}.")
    if len(found) > 1:
        raise UserError(f"{path}: {option} {name}: the column is there {len(found)} times. Rename all but one.")
    return found[0]


def _filled(
    connection: duckdb.DuckDBPyConnection, parsed: ParsedFile, places: Mapping[str, Field], hashed: str
) -> int | None:
    """Fill the table `cells`; how many rows it has, None where that is not how many the file has."""
    texts = [_cell(field, name == hashed) for name, field in places.items()]
    selected = ", ".join(f"{text} as c{place}" for place, text in enumerate(texts))
    kinds = ", ".join(f"c{place} {'uhugeint' if name == hashed else 'varchar'}" for place, name in enumerate(places))
    connection.execute(f"create or replace table {CELLS} (line bigint, {kinds})")
    try:
        for part in parsed.parts:
            insert = f"insert into {CELLS} select {part.line}, {selected} from {part.relation}"
            if part.spool is None:
                connection.execute(insert)
                continue
            for rows in part.spool.batches():
                connection.register(SPOOLED, rows)
                connection.execute(insert)
                connection.unregister(SPOOLED)
    except duckdb.Error:
        if parsed.careful is None:
            raise
        return None
    rows = int(connection.execute(f"select count(*) from {CELLS}").fetchall()[0][0])
    return rows if rows == parsed.physical_rows - len(parsed.broken) else None


def _cell(field: Field, is_hashed: bool) -> str:
    text = f"nullif(trim({identifier(field.sql)}), '')"
    return f"md5_number({text})" if is_hashed else text
