"""A file somebody wants to try: what its columns mean."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, cast

from ingestion.channels.records.contract import CHANNEL as RECORDS
from ingestion.channels.transactions.contract import CHANNEL as TRANSACTIONS
from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, header_key
from ingestion.readers.parsed_file import Unreadable
from ingestion.readers.text_encoding import tell
from stores.errors import UserError

_DELIMITERS = ",;\t|"
WHITESPACE = "whitespace"
_HEADER_BYTES = 1_000_000
_SAMPLE_LINES = 5_000
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF_16_LINE = re.compile(rb"(\0[\t -~])+\0?|([\t -~]\0)+")
_BETWEEN_WORDS = re.compile(r"[\s_.-]+")


@dataclass(frozen=True)
class TriedFile:
    """A CSV and what its columns mean.

    Attributes:
        path: the file.
        fields: canonical field to the column of the file that feeds it.
        ignored: columns that no field takes.
        channel: the channel whose contract it is read by, with exactly these columns.
    """

    path: Path
    fields: dict[str, str]
    ignored: list[str]
    channel: Channel


def people_file(path: Path, mapping: Mapping[str, str]) -> TriedFile:
    """A CSV of person records.

    Args:
        path: CSV, also gzipped.
        mapping: column of the file to canonical field, for names that are not understood by themselves.

    Raises:
        UserError: no such file, no header, an unknown column or field in the mapping, or no column with an id.
    """
    header = read_header(path)
    file = understood(path, header, mapping, RECORDS)
    if "record_id" not in file.fields:
        raise UserError(
            f"{path}, line 1: no column holds the id of a record (record_id, id, unique_id …). "
            f"Name it with --map COLUMN=record_id; the columns are: {', '.join(header)}."
        )
    if len(file.fields) < 3:
        known = list(RECORDS.tables[0].columns)[2:]
        raise UserError(
            f"{path}, line 1: nothing to compare people by. Known fields are {', '.join(known)}; "
            f"map the file's columns ({', '.join(header)}) to them with --map COLUMN=FIELD."
        )
    return file


def understood(path: Path, header: Sequence[str], mapping: Mapping[str, str], channel: Channel) -> TriedFile:
    """Find out what the columns of a file mean, by their names and by what somebody said of them.

    Args:
        path: the file.
        header: its columns.
        mapping: column of the file to canonical field.
        channel: whose contract the file is read by; its only table has the fields.

    Raises:
        UserError: an unknown column or field in the mapping.
    """
    known = _columns(channel)
    by_key = {header_key(name): name for name in header}
    fields = _mapped(path, by_key, mapping, known)
    taken = {header_key(name) for name in fields.values()}
    for key_of in (header_key, _joined_key):  # a name that is written as a field's comes before one that reads like it
        there = {key_of(name): key for key, name in reversed(by_key.items())}
        for name, column in known.items():
            if name not in fields:
                keys = (there.get(key_of(spelling), "") for spelling in (name, *column.header))
                found = next((key for key in keys if key and key not in taken), None)
                if found is not None:
                    fields[name] = by_key[found]
                    taken.add(found)
    ignored = [name for key, name in by_key.items() if key not in taken]
    return TriedFile(path, fields, ignored, _with_columns(channel, path, fields))


def _joined_key(name: str) -> str:
    """A name without what stands between its words: `Order No.` and `order_no` are the same."""
    return _BETWEEN_WORDS.sub("", header_key(name))


def _columns(channel: Channel) -> dict[str, Column]:
    columns = channel.tables[0].columns
    return {name: column if isinstance(column, Column) else Column(column) for name, column in columns.items()}


def _mapped(
    path: Path, by_key: Mapping[str, str], mapping: Mapping[str, str], known: Mapping[str, Column]
) -> dict[str, str]:
    fields: dict[str, str] = {}
    for column, name in mapping.items():
        if name not in known:
            raise UserError(f"--map {column}={name}: there is no field {name!r}. Fields: {', '.join(known)}.")
        if header_key(column) not in by_key:
            raise UserError(f"--map {column}={name}: {path} has no column {column!r}; it has {', '.join(by_key)}.")
        if name in fields:
            raise UserError(f"--map: {name} is given twice, by {fields[name]!r} and {column!r}. Keep one.")
        if header_key(name) in by_key and header_key(name) != header_key(column):
            raise UserError(
                f"--map {column}={name}: the file also has a column {name!r}. Map or rename that one first."
            )
        fields[name] = by_key[header_key(column)]
    return fields


def _with_columns(channel: Channel, path: Path, fields: Mapping[str, str]) -> Channel:
    """The channel with the file's own headers only, so that no second column claims a field."""
    known = _columns(channel)
    columns: dict[str, Column | str] = {name: replace(known[name], header=(fields[name],)) for name in fields}
    # After them: a field that the file does not have must not claim a column of its name that feeds another.
    columns |= {name: replace(column, header=()) for name, column in known.items() if name not in fields}
    pattern = f"*{ending(path)}"
    return replace(channel, tables=[replace(channel.tables[0], columns=columns, pattern=pattern, format="csv")])


def ending(path: Path) -> str:
    """How the file's copy ends, whatever the file is called."""
    return ".csv.gz" if path.suffix.lower() == ".gz" else ".csv"


def read_header(path: Path) -> list[str]:
    """The columns that a file's first line names.

    Raises:
        UserError: no such file, an empty one, text in no known encoding, or a name that is there twice.
    """
    line = first_line(path)
    delimiter = delimiter_of(line)
    try:
        names = line.split() if delimiter == WHITESPACE else next(csv.reader([line], delimiter=delimiter))
    except csv.Error as bad:
        raise UserError(f"{path}, line 1: no header of a CSV file: {bad}.") from bad
    names = [name.strip() for name in names]
    keys = [header_key(name) for name in names]
    twice = [name for name, key in zip(names, keys, strict=True) if key and keys.count(key) > 1]
    if twice:
        raise UserError(f"{path}, line 1: the column {twice[0]!r} is there twice. Rename one of them.")
    return [name for name in names if name]


def delimiter_of(line: str) -> str:
    """What stands between the columns of a line: one of , ; tab |, or blanks where there is none of these."""
    delimiter = max(_DELIMITERS, key=line.count)
    return delimiter if delimiter in line or " " not in line.strip() else WHITESPACE


def first_line(path: Path) -> str:
    """The first line of a file as text; see `read_header` for what is refused."""
    line = next(iter(text_lines(path)), "")
    if not line.strip():
        raise UserError(f"{path} is empty: the first line must name the columns.")
    return line


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a file as text, one after the other; see `read_header` for what is refused."""
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    try:
        with _opened(path) as file:
            encoding = _encoding(path, list(islice(_lines(file), _SAMPLE_LINES)))
        with _opened(path) as file:
            yield from (line.decode(encoding, errors="replace") for line in _lines(file))
    except (OSError, EOFError) as bad:
        raise UserError(f"{path} cannot be read: {bad}.") from bad


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if ending(path) == ".csv.gz" else path.open("rb")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while content := file.readline(_HEADER_BYTES):
        yield from content.removesuffix(b"\n").removesuffix(b"\r").split(b"\r")


def _encoding(path: Path, lines: Sequence[bytes]) -> str:
    """What the first lines of a file are written in, told apart as ingestion does."""
    if lines and (lines[0].startswith(_UTF_16_MARKS) or _UTF_16_LINE.fullmatch(lines[0])):
        raise UserError(f"{path} is UTF-16 text. Save it as CSV in UTF-8.")
    if lines and (b"\0" in lines[0] or lines[0].startswith(_WORKBOOK)):
        raise UserError(f"{path} is no CSV file, but a workbook or another binary file. Save it as CSV in UTF-8.")
    sample = b"\n".join(line for line in lines if not line.isascii())
    try:
        sample.decode("utf-8-sig")
        return "utf-8-sig"
    except UnicodeDecodeError as bad:
        names = [name for channel in (RECORDS, TRANSACTIONS) for name in _spellings(channel)]
        try:
            return tell(b"\n".join([lines[0], sample]), names)
        except Unreadable:
            raise UserError(
                f"{path}: neither UTF-8 nor GB18030 text, by what its first lines hold. Save the file as CSV in UTF-8."
            ) from bad


def _spellings(channel: Channel) -> list[str]:
    return [spelling for name, column in _columns(channel).items() for spelling in (name, *column.header)]
