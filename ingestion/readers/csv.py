"""CSV, losing no row.

The quick way is DuckDB's reader over the whole file, accepted only when every line of the file came out as one row. In
any other case (a row too short or too long, blank lines, fields with line breaks, an unclosed quote, another encoding)
the careful way reads line by line: a line whose quotes are closed is a row; a line that opens a quote is joined with
the following ones only up to the line that closes it and only if that makes a row of the right width without
swallowing lines that are rows themselves. So an unclosed quote costs its own line and no other.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import duckdb
import pyarrow as pa

from ingestion.contract import DELIMITERS, Table, header_key
from ingestion.raw import BrokenRow, Field, Part, Raw, Readable, Unreadable, scratch
from ingestion.readers.slices import sliced
from ingestion.readers.text import Scan, lines, scan
from ingestion.sql import literal

WHITESPACE = "whitespace"
_ROWS_A_BATCH = 50_000
_MOST_LINES_A_ROW = 500
_SHORTEST_TELLING_WIDTH = 4


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


def split_row(text: str, delimiter: str, width: int) -> list[str] | None:
    """The fields of one row, None when its quotes are malformed or it has not `width` fields."""
    if delimiter == WHITESPACE:
        fields: list[str] = text.split()
    elif '"' not in text:
        fields = text.split(delimiter)
    else:
        fields = _parse(text, delimiter) or []
    return fields if len(fields) == width else None


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
        names = text.split() if delimiter == WHITESPACE else _parse(text, delimiter)
        if names is None:
            continue
        hits = sum(header_key(name) in known for name in names)
        if hits > best[0]:
            best = (hits, names, delimiter)
    if not best[1]:
        raise Unreadable("the header line has an unclosed quote")
    return best[1], best[2]


def _parse(text: str, delimiter: str) -> list[str] | None:
    """Fields of a text with quotes; None when they do not close."""
    if not re.search(rf'(?:^|{re.escape(delimiter)})"', text):
        return text.split(delimiter)  # no field starts with a quote: 5" is five inches
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


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
    if any(column.is_personal for column in table.contract.values()):
        # several passes will follow, so parse once
        connection.execute(f"create or replace temp table raw as select * from {whole}")
        parts = [Part("raw", f"rowid + {skipped + 1}")]
    elif (pieces := sliced(connection, file, found, skipped)) is not None:
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
    name = scratch(connection, width)
    skipped = table.skip_rows + table.has_header
    numbered = ((number, text) for number, text in enumerate(lines(file.path, found), 1) if number > skipped)
    broken: list[BrokenRow] = []
    parsed = blank = covered = 0
    batch: list[tuple[int, list[str]]] = []
    for number, span, text, fields in _rows(numbered, delimiter, width):
        covered += span
        if fields is not None:
            parsed += 1
            batch.append((number, fields))
            if len(batch) == _ROWS_A_BATCH:
                _insert(connection, name, batch, width)
        elif text.strip():
            broken.append(BrokenRow(number, _why(text, delimiter, width), text))
        else:
            blank += 1
    _insert(connection, name, batch, width)
    if covered != max(found.lines - skipped, 0):
        raise AssertionError(f"{file.name}: {covered} of {found.lines - skipped} lines were read")
    fields_of_table = [Field(field, f"f{index}") for index, field in enumerate(header)]
    return Raw(fields_of_table, [Part(name)], parsed + len(broken), broken, header)


def _rows(
    numbered: Iterable[tuple[int, str]], delimiter: str, width: int
) -> Iterator[tuple[int, int, str, list[str] | None]]:
    """First line, number of lines, text and fields (None: broken or blank) of every row, in order."""
    source = iter(numbered)
    ahead: deque[tuple[int, str]] = deque()
    while True:
        if ahead:
            number, text = ahead.popleft()
        else:
            try:
                number, text = next(source)
            except StopIteration:
                return
        if not text.strip():
            yield number, 1, text, None
            continue
        fields = split_row(text, delimiter, width)
        if fields is None and '"' in text and delimiter != WHITESPACE and _parse(text, delimiter) is None:
            joined = _joined(text, ahead, source, delimiter, width)
            if joined is not None:
                span, whole, fields = joined
                for _ in range(span - 1):
                    ahead.popleft()
                yield number, span, whole, fields
                continue
        yield number, 1, text, fields


def _joined(
    text: str, ahead: deque[tuple[int, str]], source: Iterator[tuple[int, str]], delimiter: str, width: int
) -> tuple[int, str, list[str]] | None:
    """The row that starts with this line and goes over several: lines, text and fields; None when there is none."""
    pieces = [text]
    open_quote = text.count('"') % 2
    if not open_quote:
        return None
    for position in range(_MOST_LINES_A_ROW):
        if position == len(ahead):
            following = next(source, None)
            if following is None:
                return None
            ahead.append(following)
        line = ahead[position][1]
        if width >= _SHORTEST_TELLING_WIDTH and split_row(line, delimiter, width) is not None:
            return None  # a whole row would be swallowed: the quote was never closed
        pieces.append(line)
        if line.count('"') % 2:
            whole = "\n".join(pieces)
            fields = _parse_joined(whole, delimiter)
            return (len(pieces), whole, fields) if fields is not None and len(fields) == width else None
    return None


def _parse_joined(text: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _why(text: str, delimiter: str, width: int) -> str:
    fields = text.split() if delimiter == WHITESPACE else _parse(text, delimiter)
    if fields is None:
        return "a quote is opened and never closed" if text.count('"') % 2 else "text outside the quotes of a field"
    return f"{len(fields)} fields instead of {width}"


def _insert(connection: duckdb.DuckDBPyConnection, name: str, batch: list[tuple[int, list[str]]], width: int) -> None:
    if not batch:
        return
    columns = list(zip(*(fields for _, fields in batch), strict=True))
    arrays = [pa.array([number for number, _ in batch], pa.int64())]
    arrays += [pa.array(column, pa.string()) for column in columns]
    rows = pa.Table.from_arrays(arrays, names=["_line", *(f"f{index}" for index in range(width))])
    connection.register("rows_of_batch", rows)
    connection.execute(f"insert into {name} select * from rows_of_batch")
    connection.unregister("rows_of_batch")
    batch.clear()
