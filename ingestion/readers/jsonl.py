"""JSON: lines with one object each, and whole documents that the table's `records` function takes apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contract import Table
from ingestion.raw import BrokenRow, Field, Incomplete, Part, Raw, Readable, Unreadable
from ingestion.readers.text import chunks, lines, scan
from ingestion.spool import SPOOLED, Spool
from ingestion.sql import literal

_LINES_A_BATCH = 20_000


def read_lines(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read JSON lines; a line that is no JSON object costs itself only.

    Raises:
        Unreadable: empty or undecodable.
    """
    found = scan(file.path, table.encoding)
    numbered = (
        (number, text) for number, (text, _) in enumerate(lines(file.path, found), 1) if number > table.skip_rows
    )
    return from_texts(connection, table, ((number, text) for number, text in numbered if text.strip()))


def read_document(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read one JSON document (or several, one a line) through the table's `records` function.

    Raises:
        Unreadable: empty, undecodable, or of another shape than `records` expects.
        Incomplete: the JSON ends in the middle.
    """
    assert table.records is not None
    text = "".join(chunks(file.path, scan(file.path, table.encoding)))
    try:
        document = json.loads(text)
    except json.JSONDecodeError as bad:
        kind = Incomplete if bad.pos >= len(text.rstrip()) - 1 or "Unterminated" in bad.msg else Unreadable
        raise kind(f"not JSON: {bad.msg} in line {bad.lineno}") from bad
    try:
        rows = list(table.records(document))
    except (KeyError, TypeError, AttributeError, IndexError) as bad:
        raise Unreadable(f"JSON of another shape than expected: {bad!r}") from bad
    return from_rows(connection, table, rows)


def from_rows(connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[dict[str, Any]]) -> Raw:
    """`Raw` of row dicts, numbered from 1."""
    return from_texts(connection, table, enumerate(map(as_document, rows), 1))


def from_texts(connection: duckdb.DuckDBPyConnection, table: Table, numbered: Iterable[tuple[int, str]]) -> Raw:
    """`Raw` of JSON texts, one object each, with their line numbers."""
    spool = Spool(connection)
    store(spool, numbered)
    return parse(connection, table, spool)


def as_document(row: dict[str, Any]) -> str:
    """A row as JSON text."""
    return json.dumps(row, ensure_ascii=False, default=str)


def store(spool: Spool, numbered: Iterable[tuple[int, str]]) -> None:
    """Append texts with their line numbers, as columns `_line` and `document`."""
    for batch in _batches(numbered):
        spool.add(pa.table({"_line": [number for number, _ in batch], "document": [text for _, text in batch]}))


def parse(connection: duckdb.DuckDBPyConnection, table: Table, spool: Spool) -> Raw:
    """`Raw` of a spool of JSON texts.

    Args:
        connection: any.
        table: its columns may name JSON paths ($.a.b) as headers.
        spool: rows with `_line` and `document`.
    """
    # `and` would not keep json_type from seeing what is no JSON
    is_object = "case when json_valid(document) then json_type(document) = 'OBJECT' else false end"
    keys = f"select distinct unnest(json_keys(document)) as key from {SPOOLED} where {is_object}"
    broken: list[BrokenRow] = []
    found: set[str] = set()
    for rows in spool.batches():
        connection.register(SPOOLED, rows)
        others = connection.execute(f"select _line, document from {SPOOLED} where not {is_object} order by _line")
        broken += [BrokenRow(number, "not a JSON object", text) for number, text in others.fetchall()]
        found.update(str(key) for (key,) in connection.execute(keys).fetchall())
        connection.unregister(SPOOLED)
    names = sorted(found)
    pointers = ["/" + name.replace("~", "~0").replace("/", "~1") for name in names]
    paths = [header for column in table.contract.values() for header in column.header if header.startswith("$")]
    wanted = ", ".join(literal(path) for path in [*pointers, *paths])
    values = f"json_extract_string(document, [{wanted}])" if wanted else "[]::varchar[]"
    part = Part(f"(select _line, {values} as v from {SPOOLED} where {is_object})", spool=spool)
    fields = [Field(name, f"v[{index}]") for index, name in enumerate([*names, *paths], 1)]
    return Raw(fields, [part], spool.rows, broken, header=[field.name for field in fields])


def _batches(numbered: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    source = iter(numbered)
    while batch := list(islice(source, _LINES_A_BATCH)):
        yield batch
