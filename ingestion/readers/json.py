"""JSON: lines with one object each, and whole documents that the table's `records` function takes apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contract.table import Table
from ingestion.personal_data.encrypted_spool import SPOOLED, Spool
from ingestion.readers import read_limits
from ingestion.readers.parsed_file import BrokenRow, Field, Incomplete, ParsedFile, Part, Readable, Unreadable
from ingestion.readers.text_counts import Scan
from ingestion.readers.text_encoding import has_broken_bytes, without_broken_bytes
from ingestion.readers.text_files import chunks, lines, scan
from stores.duckdb_connection import literal

_LINES_A_BATCH = 20_000
_CHARACTERS_A_BATCH = 16 << 20
_BLANK = re.compile("[ \t\r\n\x1e]*")  # the last one separates documents in a JSON text sequence
_DECODER = json.JSONDecoder()
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
# `and` would not keep the other functions from seeing what is no JSON
_IS_OBJECT = "(case when json_valid(document) then json_type(document) = 'OBJECT' else false end)"
_KEYS = "json_keys(document)"
_IS_CLEAR = f"(case when json_valid(document) then list_unique({_KEYS}) = len({_KEYS}) else false end)"


class KeyTwice(ValueError):
    """An object names a key twice, so it is not clear what is meant."""


def read_lines(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> ParsedFile:
    """Read JSON lines; a line that is no JSON object costs itself only.

    A file that is one JSON array after all, or documents one behind the other, is read as such: its rows are then
    numbered instead of its lines.

    Raises:
        Unreadable: empty, undecodable or beyond the limits.
        Incomplete: an array that ends in the middle.
    """
    found = scan(file.path, table.encoding)
    if not any(text.strip() for text, _ in lines(file.path, found)):
        raise Unreadable("empty file")
    if _starts_array(file, found, table.skip_rows):
        rows = _pieces(file, found)
        if rows is not None:
            return from_texts(connection, table, enumerate(rows, 1))
    broken: list[BrokenRow] = []
    raw = from_texts(connection, table, _good_lines(file, found, table.skip_rows, broken))
    if raw.broken and not broken and (rows := _pieces(file, found)) is not None:
        return from_texts(connection, table, enumerate(rows, 1))
    raw.broken += broken
    raw.physical_rows += len(broken)
    return raw


def read_document(connection: duckdb.DuckDBPyConnection, table: Table, file: Readable) -> ParsedFile:
    """Read one JSON document, or several one behind the other, through the table's `records` function.

    Raises:
        Unreadable: empty, undecodable, beyond the limits, or of another shape than `records` expects.
        Incomplete: the JSON ends in the middle.
    """
    assert table.records is not None
    found = scan(file.path, table.encoding)
    text = _text(file, found)
    if text is None:
        raise Unreadable(
            f"a JSON document of more than {read_limits.LARGEST_DOCUMENT >> 20} MB; deliver it as JSON lines (.jsonl)"
        )
    if has_broken_bytes(text):
        line = next(number for number, (line, _) in enumerate(lines(file.path, found), 1) if has_broken_bytes(line))
        raise Unreadable(f"bytes that are no characters of the file's encoding in line {line}")
    try:
        documents = [loaded(text[start:end]) for start, end in _documents(text)]
    except KeyTwice as bad:
        raise Unreadable(str(bad)) from bad
    except json.JSONDecodeError as bad:
        kind = Incomplete if _ends_in_the_middle(bad, text) else Unreadable
        raise kind(f"not JSON: {bad.msg} in line {bad.lineno}") from bad
    try:
        rows = [row for document in documents for row in table.records(document)]
    except (KeyError, TypeError, AttributeError, IndexError) as bad:
        raise Unreadable(f"JSON of another shape than expected: {bad!r}") from bad
    return from_rows(connection, table, rows)


def _good_lines(file: Readable, found: Scan, skipped: int, broken: list[BrokenRow]) -> Iterator[tuple[int, str]]:
    """Numbered lines that hold something; those with bytes that are no characters are added to `broken` instead."""
    for number, (text, _) in enumerate(lines(file.path, found), 1):
        if number <= skipped or not text.strip():
            continue
        if found.has_broken_bytes and has_broken_bytes(text):
            reason = "bytes that are no characters of the file's encoding"
            broken.append(BrokenRow(number, reason, without_broken_bytes(text)))
        else:
            yield number, text


def _starts_array(file: Readable, found: Scan, skipped: int) -> bool:
    start = "".join(text.strip() for text, _ in islice(lines(file.path, found), skipped + 5))
    return not skipped and start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]", "")


def _text(file: Readable, found: Scan) -> str | None:
    """The whole text; None when it is longer than the limit."""
    pieces: list[str] = []
    size = 0
    for piece in chunks(file.path, found):
        pieces.append(piece)
        size += len(piece)
        if size > read_limits.LARGEST_DOCUMENT:
            return None
    return "".join(pieces)


def _pieces(file: Readable, found: Scan) -> list[str] | None:
    """The elements of an array, or documents one behind the other, each as it is written; None when it is neither.

    Raises:
        Incomplete: an array of objects that ends in the middle.
    """
    text = _text(file, found)
    if text is None or has_broken_bytes(text):
        return None
    is_array = text.lstrip().startswith("[")
    try:
        return [text[start:end] for start, end in (_elements(text) if is_array else _documents(text))]
    except json.JSONDecodeError as bad:
        if is_array and _ends_in_the_middle(bad, text):
            raise Incomplete("the JSON array ends in the middle") from bad
        return None
    except (RecursionError, ValueError):
        return None  # its own line is then the one that is lost


def _documents(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of documents one behind the other."""
    at = _after_blanks(text, 0)
    while at < len(text):
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _after_blanks(text, end)


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of the elements of the one array that a text is."""
    at = _after_blanks(text, text.index("[") + 1)
    while text[at : at + 1] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _after_blanks(text, end)
        if text[at : at + 1] == ",":
            at = _after_blanks(text, at + 1)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    if text[at + 1 :].strip():
        raise json.JSONDecodeError("Extra data", text, at + 1)


def _ends_in_the_middle(bad: json.JSONDecodeError, text: str) -> bool:
    return bad.pos >= len(text.rstrip()) - 1 or "Unterminated" in bad.msg


def loaded(text: str) -> Any:
    """A JSON text, where no object names a key twice.

    Raises:
        KeyTwice: one does.
        ValueError: it is no JSON.
    """
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise KeyTwice(f"an object names the key {twice!r} twice")
    return found


def from_rows(connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[dict[str, Any]]) -> ParsedFile:
    """`Raw` of row dicts, numbered from 1."""
    return from_texts(connection, table, enumerate(map(as_document, rows), 1))


def from_texts(connection: duckdb.DuckDBPyConnection, table: Table, numbered: Iterable[tuple[int, str]]) -> ParsedFile:
    """`Raw` of JSON texts, one object each, with their line numbers."""
    spool = Spool(connection)
    store(spool, numbered)
    return parse(connection, table, spool)


def as_document(row: dict[str, Any]) -> str:
    """A row as JSON text; half a character is written as its escape, which makes the row no valid JSON."""
    text = json.dumps(row, ensure_ascii=False, default=str)
    if text.isascii() or not _HALF_CHARACTER.search(text):
        return text
    return json.dumps(row, default=str)


def store(spool: Spool, numbered: Iterable[tuple[int, str]]) -> None:
    """Append texts with their line numbers, as columns `_line` and `document`."""
    for batch in _batches(numbered):
        spool.add(pa.table({"_line": [number for number, _ in batch], "document": [text for _, text in batch]}))


def parse(connection: duckdb.DuckDBPyConnection, table: Table, spool: Spool) -> ParsedFile:
    """`Raw` of a spool of JSON texts.

    Args:
        connection: any.
        table: its columns may name JSON paths ($.a.b) as headers.
        spool: rows with `_line` and `document`.
    """
    broken: list[BrokenRow] = []
    found: set[str] = set()
    for rows in spool.batches():
        connection.register(SPOOLED, rows)
        keys = connection.execute(f"select distinct json_keys(document) from {SPOOLED} where {_IS_OBJECT}").fetchall()
        found.update(name for (names,) in keys for name in names)
        broken += _left_out(connection, _IS_OBJECT, "not a JSON object")
        if any(len(set(names)) < len(names) for (names,) in keys):
            broken += _left_out(connection, f"not {_IS_OBJECT} or {_IS_CLEAR}", "an object names a key twice")
        connection.unregister(SPOOLED)
    usable = f"{_IS_OBJECT} and {_IS_CLEAR}" if any("twice" in row.reason for row in broken) else _IS_OBJECT
    if len(found) > read_limits.MOST_COLUMNS:
        raise Unreadable(f"objects with {len(found):,} different keys; at most {read_limits.MOST_COLUMNS:,} are read")
    names = sorted(found)
    pointers = ["/" + name.replace("~", "~0").replace("/", "~1") for name in names]
    paths = [header for column in table.contract.values() for header in column.header if header.startswith("$")]
    wanted = ", ".join(literal(path) for path in [*pointers, *paths])
    values = f"json_extract_string(document, [{wanted}])" if wanted else "[]::varchar[]"
    part = Part(f"(select _line, {values} as v from {SPOOLED} where {usable})", spool=spool)
    fields = [Field(name, f"v[{index}]") for index, name in enumerate([*names, *paths], 1)]
    return ParsedFile(fields, [part], spool.rows, broken, header=[field.name for field in fields])


def _left_out(connection: duckdb.DuckDBPyConnection, wanted: str, reason: str) -> list[BrokenRow]:
    found = connection.execute(f"select _line, document from {SPOOLED} where not ({wanted}) order by _line").fetchall()
    return [BrokenRow(number, reason, text) for number, text in found]


def _batches(numbered: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    batch: list[tuple[int, str]] = []
    size = 0
    for number, text in numbered:
        batch.append((number, text))
        size += len(text)
        if len(batch) == _LINES_A_BATCH or size > _CHARACTERS_A_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _after_blanks(text: str, at: int) -> int:
    """Where the next character that is not blank stands, from a position on."""
    blanks = _BLANK.match(text, at)
    return blanks.end() if blanks else at
