"""A file of person records somebody wants to try: what its columns mean."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ingestion.channels.records.contract import CHANNEL, FIELDS
from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, header_key
from stores.errors import UserError

_DELIMITERS = ",;\t|"
_HEADER_BYTES = 1_000_000


@dataclass(frozen=True)
class PeopleFile:
    """A CSV of person records.

    Attributes:
        path: the file.
        fields: canonical field to the column of the file that feeds it.
        ignored: columns that no field takes.
        channel: the channel `records` with exactly these columns.
    """

    path: Path
    fields: dict[str, str]
    ignored: list[str]
    channel: Channel


def look_at(path: Path, mapping: Mapping[str, str]) -> PeopleFile:
    """Read the header and find out what the columns mean.

    Args:
        path: CSV, also gzipped.
        mapping: column of the file to canonical field, for names that are not understood by themselves.

    Raises:
        UserError: no such file, no header, an unknown column or field in the mapping, or no column with an id.
    """
    header = _header(path)
    by_key = {header_key(name): name for name in header}
    fields = _mapped(path, by_key, mapping)
    taken = {header_key(name) for name in fields.values()}
    for name, column in FIELDS.items():
        if name not in fields:
            keys = (key for key in map(header_key, (name, *column.header)) if key in by_key and key not in taken)
            found = next(keys, None)
            if found is not None:
                fields[name] = by_key[found]
                taken.add(found)
    if "record_id" not in fields:
        raise UserError(
            f"{path}, line 1: no column holds the id of a record (record_id, id, unique_id …). "
            f"Name it with --map COLUMN=record_id; the columns are: {', '.join(header)}."
        )
    if len(fields) < 3:
        raise UserError(
            f"{path}, line 1: nothing to compare people by. Known fields are {', '.join(list(FIELDS)[2:])}; "
            f"map the file's columns ({', '.join(header)}) to them with --map COLUMN=FIELD."
        )
    return PeopleFile(path, fields, [name for key, name in by_key.items() if key not in taken], _channel(path, fields))


def _mapped(path: Path, by_key: Mapping[str, str], mapping: Mapping[str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for column, name in mapping.items():
        if name not in FIELDS:
            raise UserError(f"--map {column}={name}: there is no field {name!r}. Fields: {', '.join(FIELDS)}.")
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


def _channel(path: Path, fields: Mapping[str, str]) -> Channel:
    """The channel with the file's own headers only, so that no second column claims a field."""
    columns: dict[str, Column | str] = {name: replace(FIELDS[name], header=(fields[name],)) for name in fields}
    # After them: a field that the file does not have must not claim a column of its name that feeds another.
    columns |= {name: replace(column, header=()) for name, column in FIELDS.items() if name not in fields}
    pattern = f"*{ending(path)}"
    return replace(CHANNEL, tables=[replace(CHANNEL.tables[0], columns=columns, pattern=pattern, format="csv")])


def ending(path: Path) -> str:
    """How the file's copy ends, whatever the file is called."""
    return ".csv.gz" if path.suffix.lower() == ".gz" else ".csv"


def _header(path: Path) -> list[str]:
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    try:
        with gzip.open(path) if ending(path) == ".csv.gz" else path.open("rb") as file:
            first = file.readline(_HEADER_BYTES).partition(b"\r")[0]
    except (OSError, EOFError) as bad:
        raise UserError(f"{path} cannot be read: {bad}.") from bad
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            line = first.decode(encoding).strip("\r\n")
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UserError(f"{path}, line 1: neither UTF-8 nor GB18030 text. Save the file as CSV in UTF-8.")
    if not line.strip():
        raise UserError(f"{path} is empty: the first line must name the columns.")
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error as bad:
        raise UserError(f"{path}, line 1: no header of a CSV file: {bad}.") from bad
    keys = [header_key(name) for name in names]
    twice = [name for name, key in zip(names, keys, strict=True) if key and keys.count(key) > 1]
    if twice:
        raise UserError(f"{path}, line 1: the column {twice[0]!r} is there twice. Rename one of them.")
    return [name for name in names if name]
