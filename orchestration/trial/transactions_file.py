"""A list of purchases somebody wants to try: its columns, how its days are written, whether it has a header."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from ingestion.channels.transactions.contract import CHANNEL
from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, header_key
from orchestration.trial.column_detection import (
    WHITESPACE,
    TriedFile,
    delimiter_of,
    ending,
    first_line,
    read_header,
    text_lines,
    understood,
)
from stores.errors import UserError

_SAMPLE_LINES = 5_000
# Day before month and month before day; which one a file means only its values say.
_SLASHED = {"%d/%m/%Y": "day first", "%m/%d/%Y": "month first"}
_SEPARATORS = ("/", "-", ".")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class TransactionsFile:
    """A list of purchases.

    Attributes:
        file: the file and what its columns mean.
        header: the line to put before a file that has none, empty otherwise.
        notes: what was understood of it that somebody should look at.
    """

    file: TriedFile
    header: bytes
    notes: tuple[str, ...]


def transactions_file(
    path: Path, mapping: Mapping[str, str], columns: Sequence[str] = (), date_format: str = ""
) -> TransactionsFile:
    """Find out what a list of purchases says.

    Args:
        path: CSV, also gzipped; separated by , ; tab | or blanks.
        mapping: column of the file to canonical field, for names that are not understood by themselves.
        columns: names of the columns of a file without a header, in their order.
        date_format: how days are written, as for strptime, where that cannot be told from them.

    Raises:
        UserError: no such file, no column that says whose, when or for how much, days that may be read in two ways.
    """
    header = list(columns) or read_header(path)
    _check_count(path, header, columns)
    file = understood(path, header, mapping, CHANNEL)
    _check_needed(path, header, file, bool(columns))
    delimiter = delimiter_of(first_line(path))
    formats, note = _formats(path, header, file.fields["ordered_at"], bool(columns), delimiter, date_format)
    line = b""
    if columns:
        line = (" " if delimiter == WHITESPACE else delimiter).join(map(_plain_name, columns)).encode() + b"\n"
    channel = _read_as(file, formats, delimiter)
    return TransactionsFile(replace(file, channel=channel), line, (note,) if note else ())


def _plain_name(name: str) -> str:
    return header_key(name).replace(" ", "_")


def _check_count(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    if not columns:
        return
    keys = [header_key(name) for name in header]
    if len(set(keys)) < len(keys):
        raise UserError(f"--columns {','.join(columns)}: a name is there twice. Give each column a name of its own.")
    there = len(_cells(path, first_line(path)))
    if there != len(header):
        raise UserError(
            f"--columns names {len(header)} columns, and {path}, line 1 has {there}. Name every one of them."
        )


def _check_needed(path: Path, header: Sequence[str], file: TriedFile, is_named: bool) -> None:
    missing = [name for name in ("customer_id", "ordered_at") if name not in file.fields]
    if not missing and "amount" not in file.fields and not {"quantity", "unit_price"} <= file.fields.keys():
        missing = ["amount (or quantity and unit_price)"]
    if missing:
        without_header = "" if is_named else " Where the file has no header, name its columns with --columns A,B,…."
        raise UserError(
            f"{path}, line 1: no column is understood as {' or '.join(missing)}; the columns are: {', '.join(header)}. "
            f"Say which one it is with --map COLUMN={missing[0].split()[0]}.{without_header}"
        )


def _cells(path: Path, line: str) -> list[str]:
    delimiter = delimiter_of(line)
    if delimiter == WHITESPACE:
        return line.split()
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except (csv.Error, StopIteration) as bad:
        raise UserError(f"{path}: a line is no line of a CSV file: {bad}.") from bad


def _formats(
    path: Path, header: Sequence[str], column: str, is_named: bool, delimiter: str, asked: str
) -> tuple[tuple[str, ...], str]:
    """Formats of the day's column beyond the usual ones, and what to tell of them."""
    if asked:
        return (asked,), ""
    place = [header_key(name) for name in header].index(header_key(column))
    values = _sample(path, place, delimiter, 0 if is_named else 1)
    if not values or not any(value[:1].isdigit() and not value[:4].isdigit() for value in values):
        return (), ""
    fitting = {
        words: pattern
        for separator in _SEPARATORS
        for time in _TIMES
        for pattern, words in ((one.replace("/", separator) + time, told) for one, told in _SLASHED.items())
        if all(_reads(value, pattern) for value in values)
    }
    if len(fitting) > 1:
        raise UserError(
            f"{path}, column {column}: {values[0]} may be read day first or month first, and no value "
            "tells which. Say it with --date-format '%d/%m/%Y' or '%m/%d/%Y', followed by ' %H:%M' where a time stands."
        )
    if not fitting:
        return (), ""
    words, pattern = next(iter(fitting.items()))
    return (pattern,), f"days are read with the {words}, as {pattern}"


def _sample(path: Path, place: int, delimiter: str, skipped: int) -> list[str]:
    lines = islice(text_lines(path), skipped, _SAMPLE_LINES)
    rows = (line.split() for line in lines) if delimiter == WHITESPACE else csv.reader(lines, delimiter=delimiter)
    try:
        return [row[place].strip() for row in rows if len(row) > place and row[place].strip()]
    except csv.Error:
        return []  # a broken line is told with its number when the file is read


def _reads(value: str, pattern: str) -> bool:
    try:
        datetime.strptime(value, pattern)
    except ValueError:
        return False
    return True


def _read_as(file: TriedFile, formats: Sequence[str], delimiter: str) -> Channel:
    table = file.channel.tables[0]
    columns: dict[str, Column | str] = dict(table.columns)
    ordered_at = columns["ordered_at"]
    assert isinstance(ordered_at, Column)
    columns["ordered_at"] = replace(ordered_at, formats=tuple(formats))
    pattern = f"*{ending(file.path)}"
    return replace(file.channel, tables=[replace(table, columns=columns, delimiter=delimiter, pattern=pattern)])
