"""Ingestion of one channel: what is new in its source goes to the raw lake, once, whatever happens on the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from ingestion.channels import discover
from ingestion.contract.channel import Channel, SourceUnavailable
from ingestion.lake.load_package import NothingGathered, deliver, recover
from ingestion.lake.undelivered_consents import keep_undelivered, undelivered_consents
from ingestion.lake.workspace import Workspace
from ingestion.personal_data.unreadable_values import unreadable_values
from ingestion.quarantine.replay import Replay
from ingestion.sources.file_load import Entry, gather_entry, take_file
from ingestion.sources.landing_folder import Landing, scan_landing
from ingestion.sources.pull import Pull
from ingestion.sources.reading_order import next_load, note_read
from stores.counted import counted
from stores.errors import UserError
from stores.file_locks import exclusive
from stores.settings import Settings

__all__ = ["IngestReport", "SourceUnavailable", "ingest", "replay"]

_MOST_NAMES = 5

logger = logging.getLogger(__name__)


@dataclass
class IngestReport:
    """What a run of one channel did.

    Attributes:
        channel: name.
        loaded: rows by table.
        quarantined: rows that went to quarantine; negative after a replay that freed rows.
        files: files (or pulls) taken in.
        skipped_files: files that the lake has already.
        physical_rows: rows that were there; loaded + quarantined equals it.
        waiting: names of files that are still being written.
        unclaimed: names of files in the landing folder that match no table's pattern.
        refused: names of what lies there and cannot be read (a link, a pipe, no permission), each with the reason.
        asked: rows that a database or API gave, by table, those seen before included.
        unreadable: values that were loaded and are no phone, e-mail or id number, by `table.column`: they are nobody's.
        resumed: whether an interrupted run was finished first.
        seconds: wall-clock time.
    """

    channel: str
    loaded: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    files: int = 0
    skipped_files: int = 0
    physical_rows: int = 0
    waiting: list[str] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    resumed: bool = False
    seconds: float = 0.0

    def count(self, entry: Entry) -> None:
        """Add a line of the ledger to the sums."""
        self.loaded[entry.target] = self.loaded.get(entry.target, 0) + entry.loaded
        self.quarantined += entry.quarantined
        self.physical_rows += entry.physical
        for column, count in entry.unreadable.items():
            name = f"{entry.target}.{column}"
            self.unreadable[name] = self.unreadable.get(name, 0) + count


def ingest(settings: Settings, channel_name: str | Channel) -> IngestReport:
    """Take in what is new in a channel.

    Args:
        settings: of this installation.
        channel_name: name of the channel; or a channel of its own that is not among the packages.

    Raises:
        UserError: no such channel, or wrong settings of it.
        SourceUnavailable: its database or API does not answer; what was loaded before stays.
    """
    channel = channel_name if isinstance(channel_name, Channel) else channel_named(channel_name)
    started = time.monotonic()
    report = IngestReport(channel.name, {table.name: 0 for table in channel.tables})
    with locked(settings, channel.name):
        more = True
        while more:  # files that are read once more come load by load, as they did the first time
            with Workspace(settings, channel) as work:
                work.lake.ensure_contract_files()
                report.resumed |= recover(settings, channel, work)
                ingest_all = _ingest_files if channel.source is None else _ingest_pulls
                more = ingest_all(settings, channel, work, report)
                if any(table.consents for table in channel.tables):
                    keep_undelivered(settings, channel, undelivered_consents(channel, work.lake, work.connection))
    report.seconds = time.monotonic() - started
    logger.info(
        "%s: %d rows = %d loaded + %d quarantined, from %d files (%d known already, %d waiting), %.1f s",
        channel.name,
        report.physical_rows,
        sum(report.loaded.values()),
        report.quarantined,
        report.files,
        report.skipped_files,
        len(report.waiting),
        report.seconds,
    )
    for name, count in report.unreadable.items():
        logger.warning(
            "%s.%s: %s cannot be read; no link rests on such a value", channel.name, name, counted(count, "value")
        )
    return report


def replay(settings: Settings, channel_name: str) -> IngestReport:
    """Read what is in quarantine again with today's contract; what fits now is loaded, once.

    Rows keep the file and line that they came from. Files that went to quarantine whole are read again from the landing
    folder if they still lie there.

    Raises:
        UserError: no such channel, or wrong settings of it.
    """
    channel = channel_named(channel_name)
    started = time.monotonic()
    report = IngestReport(channel.name, {table.name: 0 for table in channel.tables})
    with locked(settings, channel.name), Workspace(settings, channel) as work:
        work.lake.ensure_contract_files()
        report.resumed = recover(settings, channel, work)
        again = Replay(work)
        if again.is_needed():

            def gather() -> None:
                for entry in again.run():
                    gather_entry(work, entry)
                    report.count(entry)

            _deliver(settings, channel, work, gather)
    report.seconds = time.monotonic() - started
    logger.info("%s: %s freed from quarantine", channel.name, counted(sum(report.loaded.values()), "row"))
    return report


def _ingest_files(settings: Settings, channel: Channel, work: Workspace, report: IngestReport) -> bool:
    """Take in the files of one load; True when others come after it."""
    found: Landing = scan_landing(settings, channel, work.lake.known_files(), work.folder / "hashes.json")
    report.skipped_files = found.known - report.files
    report.waiting, report.unclaimed, report.refused = found.waiting, found.unclaimed, found.refused
    for name in found.unclaimed:
        logger.warning("%s: no table takes %s; check its name against the patterns", channel.name, name)
    if found.repeated:
        names = ", ".join(found.repeated[:_MOST_NAMES]) + (" …" if len(found.repeated) > _MOST_NAMES else "")
        logger.warning("%s: what is in %s was read before, it is not read again", channel.name, names)
    files, noted = next_load(settings, channel.name, found.new)

    def gather() -> None:
        for file, tables in files:
            taken = False
            for table in tables:
                brought = work.gathered.beside()
                outcome = take_file(work, file, table, brought)
                if outcome is None:
                    report.waiting.append(file.name)
                    break
                unreadable = unreadable_values(brought, table)
                work.gathered.take(brought)
                taken = True
                entry = Entry(
                    target=table.name,
                    source_file=file.name,
                    file_id=file.file_id,
                    kind="file",
                    cursor_value=None,
                    size=file.size,
                    physical=outcome.physical,
                    loaded=outcome.loaded,
                    quarantined=outcome.quarantined,
                    unreadable=unreadable,
                )
                gather_entry(work, entry)
                report.count(entry)
            report.files += taken

    if files:
        _deliver(settings, channel, work, gather)
    note_read(settings, channel.name, noted)
    return noted > 0


def _ingest_pulls(settings: Settings, channel: Channel, work: Workspace, report: IngestReport) -> bool:
    assert channel.source is not None
    pull = Pull(work, channel.source)
    report.asked = pull.rows()

    def gather() -> None:
        for entry in pull.take():
            gather_entry(work, entry)
            report.count(entry)
            report.files += 1

    if pull:
        _deliver(settings, channel, work, gather)
    pull.remember()
    return False


def _deliver(settings: Settings, channel: Channel, work: Workspace, gather: Callable[[], None]) -> None:
    try:
        deliver(settings, channel, work, gather)
    except NothingGathered:
        logger.info("%s: nothing to load", channel.name)


def channel_named(name: str) -> Channel:
    """The channel of that name.

    Raises:
        UserError: there is none.
    """
    channels = discover()
    if name not in channels:
        raise UserError(f"There is no channel {name!r}. Channels: {', '.join(channels)}.")
    return channels[name]


def locked(settings: Settings, channel: str) -> AbstractContextManager[None]:
    """One run at a time a channel; the second waits. The kernel frees the lock of a process that dies."""
    place = settings.state / "locks" / f"ingest_{channel}.lock"
    return exclusive(place, f"{channel}: another run is at work on it; waiting for it to end")
