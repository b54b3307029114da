"""A list of purchases somebody wants to try: its columns, how its days are written, whether it has a header."""

from __future__ import annotations

import csv
import re
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
from orchestration.trial.decimal_marks import EITHER, WITH_COMMA, WITH_POINT
from stores.errors import UserError

_SAMPLE_LINES = 5_000
# Day before month and month before day; which one a file means only its values say.
_SLASHED = {"%d/%m/%Y": "day first", "%m/%d/%Y": "month first"}
_SEPARATORS = ("/", "-", ".")
_AMOUNTS = ("amount", "quantity", "unit_price")
_WITH_COMMA, _WITH_POINT, _EITHER = map(re.compile, (WITH_COMMA, WITH_POINT, EITHER))
_ZONED = re.compile(r".*[0-9]:[0-9]{2}(:[0-9.]+)? ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class TransactionsFile:
    """A list of purchases.

    Attributes:
        file: the file and what its columns mean.
        header: the line to put before a file that has none, empty otherwise.
        notes: what was understood of it that somebody should look at.
        examples: column of the file to the first value in it, for days and amounts.
    """

    file: TriedFile
    header: bytes
    notes: tuple[str, ...]
    examples: Mapping[str, str]


def transactions_file(
    path: Path, mapping: Mapping[str, str], columns: Sequence[str] = (), date_format: str = "", timezone: str = "UTC"
) -> TransactionsFile:
    """Find out what a list of purchases says.

    Args:
        path: CSV, also gzipped; separated by , ; tab | or blanks.
        mapping: column of the file to canonical field, for names that are not understood by themselves.
        columns: names of the columns of a file without a header, in their order.
        date_format: how days are written, as for strptime, where that cannot be told from them.
        timezone: by whose clock times with a zone count.

    Raises:
        UserError: no such file, no column that says whose, when or for how much, days that may be read in two ways.
    """
    header = list(columns) or read_header(path)
    _check_date_format(date_format)
    _check_count(path, header, columns)
    file = understood(path, header, mapping, CHANNEL)
    _check_needed(path, header, file, bool(columns))
    delimiter = delimiter_of(first_line(path))
    values = _values(path, header, file, bool(columns), delimiter)
    formats, note = _formats(path, file.fields["ordered_at"], values["ordered_at"], date_format)
    mark, marked = _decimal_mark(path, file, values)
    line = b""
    if columns:
        line = (" " if delimiter == WHITESPACE else delimiter).join(map(_plain_name, columns)).encode() + b"\n"
    channel = _read_as(file, formats, delimiter, mark)
    notes = (note, marked, _zone_note(file.fields["ordered_at"], values["ordered_at"], timezone))
    examples = {file.fields[name]: found[0] for name, found in values.items() if found}
    return TransactionsFile(replace(file, channel=channel), line, tuple(filter(None, notes)), examples)


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


def _check_date_format(asked: str) -> None:
    if not asked:
        return
    moment = datetime(2001, 12, 23, 20, 45)
    try:
        found = datetime.strptime(moment.strftime(asked), asked)
    except ValueError:
        found = None
    if found is None or found.date() != moment.date():
        raise UserError(
            f"--date-format {asked}: write a day's year, month and day as strptime does, for example %d/%m/%Y or "
            "'%Y-%m-%d %H:%M'."
        )


def _values(path: Path, header: Sequence[str], file: TriedFile, is_named: bool, delimiter: str) -> dict[str, list[str]]:
    """What stands in the columns that can be written in more than one way, in the first lines."""
    keys = [header_key(name) for name in header]
    places = {
        name: keys.index(header_key(file.fields[name])) for name in ("ordered_at", *_AMOUNTS) if name in file.fields
    }
    rows = _sample(path, delimiter, 0 if is_named else 1)
    return {
        name: [value for row in rows if len(row) > place and (value := row[place].strip())]
        for name, place in places.items()
    }


def _decimal_mark(path: Path, file: TriedFile, values: Mapping[str, list[str]]) -> tuple[str, str]:
    """What stands before the decimals, and what to tell of it."""
    numbers = [(name, value) for name in _AMOUNTS for value in values.get(name, ())]
    comma, point, either = (
        next(((file.fields[name], value) for name, value in numbers if form.fullmatch(value)), None)
        for form in (_WITH_COMMA, _WITH_POINT, _EITHER)
    )
    if comma and point:
        raise UserError(
            f"{path}: {comma[0]} {comma[1]} has a decimal comma and {point[0]} {point[1]} a decimal point. "
            "Write all amounts with one of them."
        )
    if comma:
        return ",", f"{comma[0]}: a comma stands before the decimals, as in {comma[1]}"
    if either and not point:
        whole = either[1].replace(",", "")
        return ".", f"{either[0]}: {either[1]} is read as {whole}; where it is less than that, write a decimal point"
    return ".", ""


def _zone_note(column: str, values: Sequence[str], timezone: str) -> str:
    zoned = next((value for value in values if _ZONED.fullmatch(value)), "")
    return zoned and f"{column}: times with a zone, as {zoned}, count by the clock of {timezone}"


def _formats(path: Path, column: str, values: Sequence[str], asked: str) -> tuple[tuple[str, ...], str]:
    """Formats of the day's column beyond the usual ones, and what to tell of them."""
    if asked:
        return (asked,), ""
    if not values or not any(value[:1].isdigit() and not value[:4].isdigit() for value in values):
        return (), ""
    fitting = {words: used for words, patterns in _patterns().items() if (used := _reading(values, patterns))}
    if len(fitting) > 1:
        raise UserError(
            f"{path}, column {column}: {values[0]} may be read day first or month first, and no value "
            "tells which. Say it with --date-format '%d/%m/%Y' or '%m/%d/%Y', followed by ' %H:%M' where a time stands."
        )
    if not fitting:
        return (), ""
    words, used = next(iter(fitting.items()))
    return used, f"days are read with the {words}, as {' and '.join(used)}"


def _patterns() -> dict[str, list[str]]:
    """The ways to write a day and a time with the day first, and with the month first."""
    return {
        words: [one.replace("/", separator) + time for separator in _SEPARATORS for time in _TIMES]
        for one, words in _SLASHED.items()
    }


def _reading(values: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """The patterns by which all values can be read, those that are needed; none where a value is left."""
    left, used = list(values), []
    for pattern in patterns:
        rest = [value for value in left if not _reads(value, pattern)]
        if len(rest) < len(left):
            used.append(pattern)
        left = rest
    return () if left else tuple(used)


def _sample(path: Path, delimiter: str, skipped: int) -> list[list[str]]:
    lines = islice(text_lines(path), skipped, _SAMPLE_LINES)
    rows = (line.split() for line in lines) if delimiter == WHITESPACE else csv.reader(lines, delimiter=delimiter)
    try:
        return list(rows)
    except csv.Error:
        return []  # a broken line is told with its number when the file is read


def _reads(value: str, pattern: str) -> bool:
    try:
        datetime.strptime(value, pattern)
    except ValueError:
        return False
    return True


def _read_as(file: TriedFile, formats: Sequence[str], delimiter: str, decimal_mark: str) -> Channel:
    table = file.channel.tables[0]
    columns: dict[str, Column | str] = dict(table.columns)
    ordered_at = columns["ordered_at"]
    assert isinstance(ordered_at, Column)
    columns["ordered_at"] = replace(ordered_at, formats=tuple(formats))
    for name in _AMOUNTS:
        column = columns[name]
        assert isinstance(column, Column)
        columns[name] = replace(column, decimal_mark=decimal_mark)
    pattern = f"*{ending(file.path)}"
    return replace(file.channel, tables=[replace(table, columns=columns, delimiter=delimiter, pattern=pattern)])
