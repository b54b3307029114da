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
from ingestion.sql import literal

_LINES_A_BATCH = 100_000


def read_lines(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read JSON lines; a line that is no JSON object costs itself only.

    Raises:
        Unreadable: empty or undecodable.
    """
    found = scan(file.path)
    numbered = ((number, text) for number, text in enumerate(lines(file.path, found), 1) if number > table.skip_rows)
    return from_texts(connection, table, ((number, text) for number, text in numbered if text.strip()))


def read_document(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> Raw:
    """Read one JSON document (or several, one a line) through the table's `records` function.

    Raises:
        Unreadable: empty, undecodable, or of another shape than `records` expects.
        Incomplete: the JSON ends in the middle.
    """
    assert table.records is not None
    text = "".join(chunks(file.path, scan(file.path).encoding))
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
    connection.execute("create or replace temp table documents (_line bigint, document varchar)")
    store(connection, "documents", numbered)
    return parse(connection, table, "documents")


def as_document(row: dict[str, Any]) -> str:
    """A row as JSON text."""
    return json.dumps(row, ensure_ascii=False, default=str)


def store(connection: duckdb.DuckDBPyConnection, place: str, numbered: Iterable[tuple[int, str]]) -> None:
    """Append texts to a table (_line bigint, document varchar)."""
    for batch in _batches(numbered):
        rows = pa.table({"_line": [number for number, _ in batch], "document": [text for _, text in batch]})
        connection.register("rows_of_batch", rows)
        connection.execute(f"insert into {place} select * from rows_of_batch")
        connection.unregister("rows_of_batch")


def parse(connection: duckdb.DuckDBPyConnection, table: Table, place: str) -> Raw:
    """`Raw` of a table of JSON texts.

    Args:
        connection: gets the temporary table `raw`.
        table: its columns may name JSON paths ($.a.b) as headers.
        place: table with `_line` and `document`.
    """
    ((physical_rows,),) = connection.execute(f"select count(*) from {place}").fetchall()
    # `and` would not keep json_type from seeing what is no JSON
    is_object = "case when json_valid(document) then json_type(document) = 'OBJECT' else false end"
    broken = [
        BrokenRow(number, "not a JSON object", text)
        for number, text in connection.execute(
            f"select _line, document from {place} where not {is_object} order by _line"
        ).fetchall()
    ]
    objects = f"(select _line, document from {place} where {is_object})"
    keys = f"select distinct unnest(json_keys(document)) as key from {objects} order by key"
    names = [str(key) for (key,) in connection.execute(keys).fetchall()]
    pointers = ["/" + name.replace("~", "~0").replace("/", "~1") for name in names]
    paths = [header for column in table.contract.values() for header in column.header if header.startswith("$")]
    wanted = ", ".join(literal(path) for path in [*pointers, *paths])
    values = f"json_extract_string(document, [{wanted}])" if wanted else "[]::varchar[]"
    connection.execute(f"create or replace temp table raw as select _line, {values} as v from {objects}")
    fields = [Field(name, f"v[{index}]") for index, name in enumerate([*names, *paths], 1)]
    return Raw(fields, [Part("raw")], int(physical_rows), broken, header=[field.name for field in fields])


def _batches(numbered: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    source = iter(numbered)
    while batch := list(islice(source, _LINES_A_BATCH)):
        yield batch
