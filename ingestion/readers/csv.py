"""CSV, losing no row.

The quick way is DuckDB's reader over the whole file, accepted only when every line of the file came out as one row. In
any other case (a row too short or too long, blank lines, fields with line breaks, an unclosed quote, another encoding)
the careful way reads as a strict parser does: lines without quotes in bulk, the others one after the other.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import duckdb

from ingestion.contract.table import DELIMITERS, Table
from ingestion.readers import read_limits
from ingestion.readers.csv_lines import WHITESPACE
from ingestion.readers.csv_slices import sliced
from ingestion.readers.csv_strict import read_carefully
from ingestion.readers.header_row import above, expected_names, header_row, hits
from ingestion.readers.parsed_file import Field, ParsedFile, Part, Readable, Unreadable
from ingestion.readers.text_counts import Scan, delimiters
from ingestion.readers.text_encoding import without_broken_bytes
from ingestion.readers.text_files import lines, scan
from stores.duckdb_connection import literal

_LINES_AT_THE_TOP = 200
_ROWS_AT_THE_TOP = 20
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a CSV file is laid out.

    Attributes:
        header: field names.
        delimiter: between fields.
        skipped: lines above the first row.
        notes: what is to be said about the lines above the header.
    """

    header: list[str]
    delimiter: str
    skipped: int
    notes: list[str]


def read_csv(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> ParsedFile:
    """Read a CSV file, plain or gzip, in any encoding that is declared or can be told.

    Raises:
        Unreadable: empty, undecodable, without a header, or beyond the limits.
    """
    found = scan(file.path, table.encoding, expected_names(table))
    layout = _layout(table, list(islice(lines(file.path, found), _LINES_AT_THE_TOP)))
    if len(layout.header) > read_limits.MOST_COLUMNS:
        raise Unreadable(f"{len(layout.header):,} columns; at most {read_limits.MOST_COLUMNS:,} are read")

    def careful() -> ParsedFile:
        return read_carefully(connection, file, found, layout.header, layout.delimiter, layout.skipped, layout.notes)

    is_simple = found.is_utf8 and not found.has_bare_returns and found.newline == "\n" and not found.has_open_lines
    if not is_simple or layout.delimiter == WHITESPACE or len(layout.header) < 2:
        return careful()
    rows = max(found.lines - found.trailing_blanks - layout.skipped, 0)
    # DuckDB overlooks a field too many where it is empty
    if delimiters(file.path, layout.delimiter, layout.skipped, found.has_quotes) != rows * (len(layout.header) - 1):
        return careful()
    quick = _read_quickly(connection, table, file, found, layout, rows)
    quick.careful = careful
    return quick


def _layout(table: Table, top: list[tuple[str, str]]) -> Layout:
    """Field names, delimiter and lines above the first row."""
    separator = _SEPARATOR_LINE.fullmatch(top[0][0].strip()) if top else None
    skipped = max(table.skip_rows, 1 if separator else 0)
    if not table.has_header:
        return Layout(list(table.columns), table.delimiter or (separator.group(1) if separator else ","), skipped, [])
    if len(top) <= skipped or not any(text.strip() for text, _ in top[skipped:]):
        raise Unreadable("no header line")
    declared = table.delimiter or (separator.group(1) if separator else "")
    best: tuple[int, Layout] | None = None
    for delimiter in [declared] if declared else DELIMITERS:
        rows = list(islice(_top_rows(top[skipped:], delimiter), _ROWS_AT_THE_TOP))
        if not rows:
            continue
        chosen = header_row(table, [names for _, _, names in rows])
        first, span, names = rows[chosen]
        header_line = skipped + first + 1
        notes = above(skipped + rows[0][0] + 1, header_line)
        layout = Layout([without_broken_bytes(name) for name in names], delimiter, skipped + first + span, notes)
        if best is None or hits(table, names) > best[0]:
            best = hits(table, names), layout
    if best is None:
        raise Unreadable("the header line has an unclosed quote")
    return best[1]


def _top_rows(top: list[tuple[str, str]], delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """The first rows that hold something: index of the first line, number of lines, fields."""
    if delimiter == WHITESPACE:
        yield from ((index, 1, text.split()) for index, (text, _) in enumerate(top) if text.strip())
        return
    reader = csv.reader([text + end for text, end in top], delimiter=delimiter, strict=True)
    before = 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error:
            return
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield before, reader.line_num - before, fields
        before = reader.line_num


def _read_quickly(
    connection: duckdb.DuckDBPyConnection, table: Table, file: Readable, found: Scan, layout: Layout, rows: int
) -> ParsedFile:
    skipped = layout.skipped
    columns = ", ".join(f"'f{index}': 'varchar'" for index in range(len(layout.header)))
    quote = '"' if found.has_quotes else ""
    # lines that do not fit are left out here: the count then tells, and the careful way finds them
    options = (
        f"auto_detect = false, delim = {literal(layout.delimiter)}, quote = '{quote}', escape = '{quote}', "
        f"header = false, ignore_errors = true, hive_partitioning = false, columns = {{{columns}}}"
    )
    packing = ", compression = 'gzip'" if file.path.name.lower().endswith(".gz") else ""
    whole = f"read_csv({literal(str(file.path))}, {options}{packing}, skip = {skipped})"
    fields = [Field(name, f"f{index}") for index, name in enumerate(layout.header)]
    personal = any(column.is_personal for column in table.contract.values())
    if not personal and (pieces := sliced(connection, file, found, skipped)) is not None:
        parts = [
            Part(f"read_csv({literal(piece.path)}, {options})", f"row_number() over () + {piece.lines_before}")
            for piece in pieces
        ]
    else:
        parts = [Part(whole, f"row_number() over () + {skipped}")]
    return ParsedFile(fields, parts, rows, header=layout.header, notes=layout.notes, blank_is_null=True)
