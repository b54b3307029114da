"""Receipts: what the messaging tools report back about messages, read from `landing/receipts/<destination>/`.

An event is destination, the tool's own id and content: tools number as they like. Each event is kept before anything
follows from it, and all that follows only ever moves a message forward, so a file may come twice, in any order, and a
killed run is simply run again. One line that nobody can use never stops the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from exports.destinations import destination_names
from exports.receipts.line_portions import Desk, Line, Portion, Source, judge, keep, open_desk, quarantine
from exports.receipts.parse_line import Unusable, read_header
from exports.receipts.receipt_effects import apply, close_undated
from exports.receipts.receipt_files import (
    LONGEST_LINE,
    ReceiptFile,
    Unreadable,
    file_id,
    find_files,
    is_still_written,
    read_lines,
)
from exports.receipts.suspicious_closures import alarm_of
from serving.published_copy import NoPublication, PublicationDamaged, TableMissing
from stores import operations
from stores.counted import counted
from stores.operations import deliveries, receipt_files
from stores.settings import Settings

log = logging.getLogger(__name__)

_LINES = 2_000


@dataclass
class ReceiptReport:
    """What was collected.

    Attributes:
        files: files read; those known by their content are not read again.
        events: events that are new.
        duplicates: events that were known already.
        rejected: lines that cannot be used; kept in `receipt_quarantine`.
        repeated_ids: new events whose id had come before with another content.
        closed: addresses that were closed by these files and had been open.
        waiting: files that are still being written.
        unread: what is in the folder and was not read, or not to its end, as `file: why`.
        alarms: files that closed suspiciously many addresses, as `file: how many`; they can be taken back.
        reasons: the rejected lines by `file:line: reason`, up to ten.
    """

    files: int = 0
    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    repeated_ids: int = 0
    closed: int = 0
    waiting: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything that was found could be used and looks as usual."""
        return not (self.rejected or self.unread or self.alarms)


def collect(settings: Settings) -> ReceiptReport:
    """Read new receipt files and act on them: states move on, unsubscribed and complaining owners are suppressed.

    Args:
        settings: the installation.

    Returns:
        What was read, new, known, rejected, and what was left unread: everything, as long as nothing is published by
        whose rules it could be read.

    Raises:
        UserError: the rules for receipts or the keyring are missing or wrong.
    """
    report = ReceiptReport()
    files, unread = find_files(settings.landing / "receipts", _destinations(settings))
    report.unread += [f"{name}: {why}" for name, why in unread.items()]
    try:
        desk = open_desk(settings)
    except NoPublication:
        # said without what to do: a first run, which reads them too early, publishes in a moment
        why = "waits until something is published here, by whose rules it is read"
        report.unread += [f"{file.name}: {why}" for file in files]
        files = []
    except (TableMissing, PublicationDamaged) as without:
        report.unread += [f"{file.name}: waits for the rules of a publication. {without}" for file in files]
        files = []
    for file in files:
        try:
            _collect_file(desk, file, report)
        except Unreadable as why:
            report.unread.append(f"{file.name}: {why}")
    _tell(report)
    return report


def _destinations(settings: Settings) -> set[str]:
    """The destinations of the settings, and those that messages went to before."""
    with operations.reading(operations.engine(settings)) as connection:
        earlier: set[str] = set(connection.scalars(select(deliveries.c.destination).distinct()))
    return destination_names(settings) | earlier


def _tell(report: ReceiptReport) -> None:
    if report.files:
        log.info(
            "Receipts: %s, %s, %d known, %d rejected, %s closed",
            *(counted(report.files, "file"), counted(report.events, "new event"), report.duplicates, report.rejected),
            counted(report.closed, "address", "addresses"),
        )
    for name in report.waiting:
        log.info("Receipts: %s is still being written, it waits", name)
    if report.repeated_ids:
        log.warning("Receipts: %d events came under an id that had another content before", report.repeated_ids)
    for reason in report.reasons:
        log.warning("Receipt rejected: %s", reason)
    for name in report.unread:
        log.warning("Receipts not read: %s", name)
    for alarm in report.alarms:
        log.error("Receipts: %s", alarm)


def _collect_file(desk: Desk, file: ReceiptFile, report: ReceiptReport) -> None:
    """Take a file in portions, each in one transaction; the last one notes that the file is done."""
    if is_still_written(file):
        report.waiting.append(file.name)
        return
    name, size = file_id(file)
    if _is_known(desk, name):
        return
    source = Source(name, file.name, file.destination)
    total = Portion()
    lines = 0
    for numbered, is_last, problem in _portions(file):
        lines += len(numbered)
        with operations.writing(desk.store) as connection:
            portion = judge(connection, desk, source, numbered)
            keep(connection, desk, source, portion)
            apply(connection, portion, desk.now, name, desk.words.limits)
            close_undated(connection, portion.undated, desk.now, name)
            quarantine(connection, desk, source, portion.bad, kept=total.rejected)
            total.add(portion)
            if is_last:
                alarm, closed = alarm_of(connection, desk, source)
                note = {
                    "file_id": name,
                    "source_file": file.name,
                    "destination": file.destination,
                    "bytes": size,
                    "lines": lines,
                    "events": total.new,
                    "rejected": total.rejected,
                    "repeated_ids": total.repeated_ids,
                    "problem": problem or None,
                    "alarm": alarm,
                    "collected_at": desk.now,
                }
                connection.execute(operations.insert(connection, receipt_files).on_conflict_do_nothing(), note)
        report.reasons += [f"{file.name}:{n}: {reason}" for n, reason, _ in portion.bad][: 10 - len(report.reasons)]
    report.files += 1
    report.events += total.new
    report.duplicates += total.known
    report.rejected += total.rejected
    report.repeated_ids += total.repeated_ids
    report.closed += closed
    report.unread += [f"{file.name}: {problem}"] if problem else []
    report.alarms += (
        [f"{file.name}: {alarm} `guanxi receipts undo {name[:12]} --by NAME --why REASON` takes it back."]
        if alarm
        else []
    )


def _is_known(desk: Desk, name: str) -> bool:
    with operations.reading(desk.store) as connection:
        return connection.scalar(select(receipt_files.c.file_id).where(receipt_files.c.file_id == name)) is not None


def _portions(file: ReceiptFile) -> Iterator[tuple[list[Line], bool, str]]:
    """Lines in portions, whether it is the last one, and then why the file ends too early if it does."""
    lines: list[Line] = []
    problem = ""
    try:
        for line in _table(file) if file.is_table else _plain(file):
            lines.append(line)
            if len(lines) == _LINES:
                yield lines, False, ""
                lines = []
    except Unreadable as cut:
        problem = str(cut)
    yield lines, True, problem


def _plain(file: ReceiptFile) -> Iterator[Line]:
    for number, line in read_lines(file):
        if line.strip():
            yield Line(number, line, problem=_too_long(line))


def _table(file: ReceiptFile) -> Iterator[Line]:
    header = None
    for number, line in read_lines(file):
        if not line.strip():
            continue
        try:
            if header is None:
                header = read_header(line)
            else:
                yield Line(number, header.as_json(line), problem=_too_long(line))
        except Unusable as why:
            yield Line(number, line, problem=str(why))


def _too_long(line: bytes) -> str:
    return f"longer than {LONGEST_LINE:,} bytes" if len(line) > LONGEST_LINE else ""
