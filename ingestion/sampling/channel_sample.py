"""Reads a sample of a channel: real readers, header mapping and casting, into a home that is thrown away."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ingestion.contract.channel import Batch, Channel, NothingThere, SampledSource, Source, SourceUnavailable
from ingestion.contract.table import Table
from ingestion.lake.channel_lake import table_columns
from ingestion.lake.workspace import Workspace
from ingestion.readers.parsed_file import Readable
from ingestion.sampling.file_head import head_of
from ingestion.sources.file_load import Entry, gather_entry, take_file
from ingestion.sources.landing_folder import (
    landed_entries,
    landing_folder,
    shown_name,
    tables_for,
)
from ingestion.sources.pull import Pull
from stores.atomic_files import put_in_place
from stores.lake.layout import LOADS
from stores.settings import Settings
from stores.unfinished_files import is_unfinished

_ALL = 1 << 40  # more rows than any file has
_FEWEST_ROWS = 100  # of a file, when there are many
_BATCHES_AT_MOST = 200  # of a source that cannot be asked for a sample


@dataclass
class SampledTable:
    """What was read of a table.

    Attributes:
        name: of the table.
        files: names of the files (or the source) that rows were taken from.
        unread_files: how many more there are.
        is_whole: whether the sample is everything.
        rows: rows that were read; `loaded` of them fit the contract.
        loaded: rows that fit.
        missing_columns: columns of the contract that no field feeds, each with the first file that lacks it.
    """

    name: str
    files: list[str] = field(default_factory=list)
    unread_files: int = 0
    is_whole: bool = True
    rows: int = 0
    loaded: int = 0
    missing_columns: dict[str, str] = field(default_factory=dict)


@dataclass
class Sample:
    """A sample of a channel.

    Attributes:
        place: where it was looked for: a folder, or a source without credentials.
        tables: by name, those without a row too.
        unclaimed: names of files that no table takes.
        refused: names of what cannot be read as it lies there, each with the reason.
        unfinished: names of files that look as if somebody still writes them.
        unreachable: why the source gave nothing; empty when it answered, or for files.
    """

    place: str
    tables: dict[str, SampledTable]
    unclaimed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    unreachable: str = ""


def take_sample(settings: Settings, into: Settings, channel: Channel, rows: int, small_bytes: int = 0) -> Sample:
    """Read about so many rows of each table of a channel; nothing is written but into a home of its own.

    Args:
        settings: the installation that the channel belongs to; it is only read.
        into: an empty home with keys of its own.
        channel: whose rows are read.
        rows: how many of a table, newest files first.
        small_bytes: a table whose files are together no larger is read whole.

    Raises:
        UserError: the channel's settings are wrong.
    """
    once = into.model_copy(update={"channels": {**settings.channels, channel.name: _without_waiting(into, channel)}})
    sample = Sample("", {table.name: SampledTable(table.name) for table in channel.tables})
    with Workspace(once, channel) as work:
        work.load_id = f"{time.time():.6f}"
        work.lake.ensure_contract_files()
        if channel.source is None:
            _take_files(settings, work, rows, small_bytes, sample)
        else:
            _take_pull(settings.model_copy(update={"channels": once.channels}), work, channel.source, rows, sample)
        _put_into_lake(work)
    return sample


def _without_waiting(settings: Settings, channel: Channel) -> dict[str, object]:
    """The channel's own section, so that nothing is waited for: not for half a file, nor for a source to come back."""
    given = settings.channels.get(channel.name, {})
    hasty: dict[str, object] = {"give_up_seconds": 0, "attempts": 1}
    known = channel.settings_model.model_fields
    return {**given, **{name: value for name, value in hasty.items() if name in known}}


def _take_files(settings: Settings, work: Workspace, rows: int, small_bytes: int, sample: Sample) -> None:
    folder = landing_folder(settings, work.channel)
    sample.place = str(folder)
    wanted: dict[str, list[Path]] = {table.name: [] for table in work.channel.tables}
    for path, why in landed_entries(folder):
        tables = tables_for(work.channel, path)
        name = shown_name(path.relative_to(folder))
        if why:
            if path.is_symlink() or not path.is_dir() or tables:
                sample.refused[name] = why
        elif is_unfinished(path):
            sample.unfinished.append(name)
        elif not tables:
            sample.unclaimed.append(name)
        for table in tables if not why else ():
            wanted[table.name].append(path)
    for table in work.channel.tables:
        found = sorted(wanted[table.name], key=lambda path: (-path.stat().st_mtime, path.name))
        taken = sample.tables[table.name]
        left = rows if sum(path.stat().st_size for path in found) > small_bytes else _ALL
        for number, path in enumerate(found):
            if left <= 0:
                taken.unread_files, taken.is_whole = len(found) - number, False
                break
            share = min(left, max(-(-left // (len(found) - number)), _FEWEST_ROWS))
            left -= _take_file(work, table, path, shown_name(path.relative_to(folder)), share, sample)


def _take_file(work: Workspace, table: Table, path: Path, name: str, rows: int, sample: Sample) -> int:
    taken = sample.tables[table.name]
    file_id = hashlib.sha256(os.fsencode(path)).hexdigest()
    try:
        with head_of(path, table, rows, work.folder) as head:
            plain = work.folder / f"{file_id}{path.suffix}"
            if head.is_whole:
                # readers cannot open every name; a link to the file has a plain one
                plain.unlink(missing_ok=True)
                plain.symlink_to(path.absolute())
            place = plain if head.is_whole else head.path
            file = Readable(place, name, file_id, place.stat().st_size)
            brought = work.gathered.beside()
            outcome = take_file(work, file, table, brought)
    except OSError as bad:
        sample.refused[name] = f"it cannot be opened: {bad.strerror}"
        return 0
    if outcome is None:
        sample.unfinished.append(name)
        return 0
    work.gathered.take(brought)
    gather_entry(
        work,
        Entry(table.name, name, file_id, "file", None, path.stat().st_size, outcome.physical, outcome.loaded,
              outcome.quarantined),
    )  # fmt: skip
    taken.files.append(name)
    taken.rows += outcome.physical
    taken.loaded += outcome.loaded
    taken.is_whole = taken.is_whole and head.is_whole
    for column in outcome.missing:
        taken.missing_columns.setdefault(column, name)
    return outcome.physical


def _take_pull(settings: Settings, work: Workspace, source: Source, rows: int, sample: Sample) -> None:
    sample.place = source.describe(settings, work.channel)
    limited = _Limited(source, settings, rows)
    try:
        pull = Pull(work, limited)
    except (SourceUnavailable, NothingThere) as down:
        sample.unreachable = str(down)
        return
    if limited.nothing:
        sample.unreachable = limited.nothing
        return
    for name, asked in pull.rows().items():
        sample.tables[name].files.append(sample.place)
        sample.tables[name].rows = asked
        sample.tables[name].is_whole = asked < rows
    for entry in pull.take():
        gather_entry(work, entry)
        sample.tables[entry.target].loaded = entry.loaded


class _Limited:
    """A source that gives about so many rows of each table.

    Args:
        source: the channel's own.
        settings: of the installation, where the source's settings stand.
        rows: of each table.
    """

    def __init__(self, source: Source, settings: Settings, rows: int) -> None:
        self._source, self._settings, self._rows = source, settings, rows
        self.nothing = ""

    def describe(self, settings: Settings, channel: Channel) -> str:
        """As the source says."""
        return self._source.describe(self._settings, channel)

    def lookback_seconds(self, settings: Settings, channel: Channel) -> float | None:
        """Nothing was read before."""
        return None

    def pull(self, settings: Settings, channel: Channel, since: Mapping[str, datetime]) -> Iterator[Batch]:
        """The first rows of every table."""
        left = {table.name: self._rows for table in channel.tables}
        try:
            for number, batch in enumerate(self._batches(channel)):
                name = batch.table.name
                asked = left[name]
                rows = batch.rows[:asked] if isinstance(batch.rows, list) else batch.rows.slice(0, max(asked, 0))
                count = rows.num_rows if isinstance(rows, pa.Table) else len(rows)
                left[name] -= count
                if count or asked == self._rows:
                    yield Batch(batch.table, rows)
                if number >= _BATCHES_AT_MOST or max(left.values()) <= 0:
                    return
        except NothingThere as nothing:
            self.nothing = str(nothing)

    def _batches(self, channel: Channel) -> Iterator[Batch]:
        if isinstance(self._source, SampledSource):
            return self._source.sample(self._settings, channel, self._rows)
        return self._source.pull(self._settings, channel, {})


def _put_into_lake(work: Workspace) -> None:
    """Put what was gathered where the models read it, as one complete load; without a delivery that could break off."""
    assert work.load_id is not None
    work.keep_sealed()  # thrown away with the home; until then it tells the form of a value that cannot be read
    dataset = work.lake.folder
    for table in table_columns(work.channel):
        for number, (part, _) in enumerate(work.parts(table)):
            put_in_place(part, dataset / table / f"{work.load_id}.{number}.parquet")
    load = {"load_id": work.load_id, "schema_name": work.channel.name, "status": 0}
    place = dataset / LOADS / f"{work.channel.name}__{work.load_id}.jsonl"
    place.write_text(json.dumps(load) + "\n", encoding="utf-8")
