"""CSV, losing no row.

The quick way is DuckDB's reader over the whole file, accepted only when every line of the file came out as one row. In
any other case (a row too short or too long, blank lines, fields with line breaks, an unclosed quote, another encoding)
the careful way reads line by line: a line whose quotes are closed is a row; a line that opens a quote is joined with
the following ones only up to the line that closes it and only if that makes a row of the right width without
swallowing lines that are rows themselves. So an unclosed quote costs its own line and no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contract import DELIMITERS, Table, header_key
from ingestion.raw import BrokenRow, Field, Part, Raw, Readable, Unreadable, spooled, text_rows
from ingestion.readers.rows import (
    SHORTEST_TELLING_WIDTH,
    WHITESPACE,
    is_blank,
    parse_line,
    rows_of,
    why_broken,
)
from ingestion.readers.slices import sliced
from ingestion.readers.text import Scan, lines, scan
from ingestion.spool import Spool
from ingestion.sql import literal

_ROWS_A_BATCH = 50_000


def read_csv(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read a CSV file, plain or gzip, in UTF-8, GB18030 or UTF-16.

    Raises:
        Unreadable: empty, undecodable, or without a header.
    """
    found = scan(file.path)
    header_lines = table.skip_rows + table.has_header
    header, delimiter = _header(table, list(islice(lines(file.path, found), header_lines)))

    def careful() -> Raw:
        return _read_carefully(connection, table, file, found, header, delimiter)

    simple = found.is_utf8 and not found.has_bare_returns and found.newline == "\n"
    if not simple or delimiter == WHITESPACE or len(header) < 2:
        return careful()
    quick = _read_quickly(connection, table, file, found, header, delimiter)
    quick.careful = careful
    return quick


def _header(table: Table, top: list[str]) -> tuple[list[str], str]:
    """Field names and delimiter."""
    if not table.has_header:
        return list(table.columns), table.delimiter or ","
    if len(top) <= table.skip_rows or not top[-1].strip():
        raise Unreadable("no header line")
    text = top[-1]
    known = {header_key(name) for column, declared in table.contract.items() for name in (column, *declared.header)}
    best: tuple[int, list[str], str] = (-1, [], ",")
    for delimiter in [table.delimiter] if table.delimiter else DELIMITERS:
        names = text.split() if delimiter == WHITESPACE else parse_line(text, delimiter)
        if names is None:
            continue
        hits = sum(header_key(name) in known for name in names)
        if hits > best[0]:
            best = (hits, names, delimiter)
    if not best[1]:
        raise Unreadable("the header line has an unclosed quote")
    return best[1], best[2]


def _read_quickly(
    connection: duckdb.DuckDBPyConnection, table: Table, file: Readable, found: Scan, header: list[str], delimiter: str
) -> Raw:
    skipped = table.skip_rows + table.has_header
    columns = ", ".join(f"'f{index}': 'varchar'" for index in range(len(header)))
    quote = '"' if found.has_quotes else ""
    # lines that do not fit are left out here: the count then tells, and the careful way finds them
    options = (
        f"auto_detect = false, delim = {literal(delimiter)}, quote = '{quote}', escape = '{quote}', header = false, "
        f"ignore_errors = true, columns = {{{columns}}}"
    )
    # blank lines further up make the count differ, so the careful way takes over
    rows = max(found.lines - found.trailing_blanks - skipped, 0)
    whole = f"read_csv({literal(str(file.path))}, {options}, skip = {skipped})"
    fields = [Field(name, f"f{index}") for index, name in enumerate(header)]
    personal = any(column.is_personal for column in table.contract.values())
    if not personal and (pieces := sliced(connection, file, found, skipped)) is not None:
        parts = [
            Part(f"read_csv({literal(piece.path)}, {options})", f"row_number() over () + {piece.lines_before}")
            for piece in pieces
        ]
    else:
        parts = [Part(whole, f"row_number() over () + {skipped}")]
    return Raw(fields, parts, rows, header=header, blank_is_null=True)


def _read_carefully(
    connection: duckdb.DuckDBPyConnection, table: Table, file: Readable, found: Scan, header: list[str], delimiter: str
) -> Raw:
    width = len(header)
    spool = Spool(connection)
    skipped = table.skip_rows + table.has_header
    broken: list[BrokenRow] = []
    parsed = covered = 0

    def take(run: Iterable[tuple[int, str]]) -> None:
        """Rows of lines that have to be looked at one after the other."""
        nonlocal parsed, covered
        rows: list[tuple[int, list[str]]] = []
        for number, span, text, fields in rows_of(run, delimiter, width):
            covered += span
            if fields is not None:
                rows.append((number, fields))
            elif not is_blank(text, delimiter):
                broken.append(BrokenRow(number, why_broken(text, delimiter, width), text))
            if len(rows) == _ROWS_A_BATCH:
                parsed += _insert(spool, rows, width)
        parsed += _insert(spool, rows, width)

    run: list[tuple[int, str]] = []
    if delimiter == WHITESPACE or width < SHORTEST_TELLING_WIDTH:
        take((number, text) for number, text in enumerate(lines(file.path, found), 1) if number > skipped)
    else:
        # a row that goes over several lines never contains a plain one, so only the runs between plain lines matter
        for first, texts in _batches(lines(file.path, found)):
            plain = _plain(texts, first, skipped, delimiter, width)
            count = _insert_plain(spool, texts, plain, first, delimiter, width)
            parsed, covered = parsed + count, covered + count
            for index in np.flatnonzero(~plain).tolist():
                number = first + index
                if run and run[-1][0] != number - 1:
                    take(run)
                    run.clear()
                if number > skipped:
                    run.append((number, texts[index]))
        take(run)
    if covered != max(found.lines - skipped, 0):
        raise AssertionError(f"{file.name}: {covered} of {found.lines - skipped} lines were read")
    fields_of_table = [Field(field, f"f{index}") for index, field in enumerate(header)]
    return Raw(fields_of_table, [spooled(spool, width)], parsed + len(broken), broken, header)


def _batches(source: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Batches of lines with the number of the first."""
    first = 1
    iterator = iter(source)
    while texts := list(islice(iterator, _ROWS_A_BATCH)):
        yield first, texts
        first += len(texts)


def _plain(texts: list[str], first: int, skipped: int, delimiter: str, width: int) -> np.ndarray[Any, Any]:
    """Which lines are rows at first sight: no quote, and the right number of delimiters."""
    array = pa.array(texts, pa.string())
    right = pc.equal(pc.count_substring(array, delimiter), width - 1)
    plain = pc.and_(right, pc.invert(pc.match_substring(array, '"'))).to_numpy(zero_copy_only=False)
    plain[: max(skipped - first + 1, 0)] = False
    return plain


def _insert_plain(
    spool: Spool,
    texts: list[str],
    plain: np.ndarray[Any, Any],
    first: int,
    delimiter: str,
    width: int,
) -> int:
    chosen = np.flatnonzero(plain)
    if not len(chosen):
        return 0
    kept = pa.array(texts, pa.string()).take(pa.array(chosen))
    cells = pc.split_pattern(kept, delimiter).flatten()
    columns = [cells.take(pa.array(np.arange(index, len(cells), width))) for index in range(width)]
    spool.add(text_rows(pa.array(chosen + first, pa.int64()), columns))
    return len(chosen)


def _insert(spool: Spool, rows: list[tuple[int, list[str]]], width: int) -> int:
    count = len(rows)
    if count:
        columns = [pa.array(column, pa.string()) for column in zip(*(fields for _, fields in rows), strict=True)]
        spool.add(text_rows(pa.array([number for number, _ in rows], pa.int64()), columns))
        rows.clear()
    return count
