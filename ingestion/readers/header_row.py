"""Which row of a sheet or a CSV file is the header: the one that holds the names that the contract expects."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.contract.table import Table, header_key
from stores.redaction.text_redaction import redact

ROWS_LOOKED_AT = 20
_MOST_NAMES_SHOWN = 12
_LONGEST_NAME_SHOWN = 24
_LOOKS_LIKE_DATA = re.compile(r"[0-9]{4}|@")


def expected_names(table: Table) -> list[str]:
    """Every name under which a column may stand in a header."""
    return [name for column, declared in table.contract.items() for name in (column, *declared.header)]


def hits(table: Table, names: Sequence[str]) -> int:
    """How many columns of the contract a row of names would feed."""
    present = {header_key(name) for name in names if name}
    return sum(
        not present.isdisjoint(header_key(alias) for alias in (name, *column.header))
        for name, column in table.contract.items()
    )


def missing(table: Table, names: Sequence[str]) -> list[str]:
    """Required columns that a row of names lacks."""
    present = {header_key(name) for name in names if name}
    return [
        name
        for name, column in table.contract.items()
        if column.required and present.isdisjoint(header_key(alias) for alias in (name, *column.header))
    ]


def twice(table: Table, names: Sequence[str]) -> str:
    """What to say where a row of names feeds one column several times; empty where it does not."""
    for column, declared in table.contract.items():
        aliases = {header_key(alias) for alias in (column, *declared.header)}
        found = [name for name in names if name and header_key(name) in aliases]
        if len(found) > 1:
            return f"column {column} is there {len(found)} times: {', '.join(found)}"
    return ""


def header_row(table: Table, rows: Sequence[Sequence[str]]) -> int:
    """Index of the header among the first rows: the one with most expected names, the first unless another is better.

    A row further down must have the required columns and two expected names at least, so that no row of data that
    happens to hold one word is taken.
    """
    best, most = 0, hits(table, rows[0]) if rows else 0
    if rows and missing(table, rows[0]):
        most = 0
    for index, names in enumerate(rows[1:ROWS_LOOKED_AT], 1):
        found = hits(table, names)
        if found > most and found >= min(2, len(table.contract)) and not missing(table, names):
            best, most = index, found
    return best


def shown(names: Sequence[str]) -> str:
    """A header for a message; not shown where it looks like a row of data, which may hold anybody's."""
    named = [name.strip() for name in names if name and name.strip()]
    if not named:
        return "no header was seen"
    if any(_LOOKS_LIKE_DATA.search(name) or redact(name) != name for name in named):
        return "the first row looks like data, not like a header (say has_header=False if there is none)"
    short = [
        name if len(name) <= _LONGEST_NAME_SHOWN else f"{name[:_LONGEST_NAME_SHOWN]}…"
        for name in named[:_MOST_NAMES_SHOWN]
    ]
    more = f" and {len(named) - len(short)} more" if len(named) > len(short) else ""
    return f"the header that was seen is {', '.join(repr(name) for name in short)}{more}"


def why_unfit(table: Table, names: Sequence[str]) -> str:
    """What to say when required columns are missing; a file's header is shown, a database has none."""
    if not names and table.format in ("json", "jsonl"):
        return "no line is a JSON object" if table.format == "jsonl" else "no row is a JSON object"
    if not table.format:
        return f"required columns missing: {', '.join(missing(table, names))}"
    title = "If a title stands above the header, say skip_rows. " if table.format in ("csv", "excel") else ""
    return (
        f"required columns missing: {', '.join(missing(table, names))}; {shown(names)}. {title}"
        "If a column is called otherwise, add that name to its `header`"
    )


def above(first_row: int, header_line: int) -> list[str]:
    """A note when rows stand above the header that was found, none else; both are line numbers."""
    if header_line <= first_row:
        return []
    one = header_line == first_row + 1
    lines = f"line {first_row} above it was" if one else f"lines {first_row} to {header_line - 1} above it were"
    return [f"the header was found in line {header_line}; {lines} not read"]
