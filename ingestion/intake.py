"""Takes one file into the workspace, or says that it has to wait, and keeps the file ledger."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from ingestion.conform import Outcome, conform
from ingestion.contract import ChannelSettings, Table
from ingestion.landing import unchanged
from ingestion.quarantine import QuarantineWriter
from ingestion.raw import Incomplete, Readable, Unreadable
from ingestion.readers import read
from ingestion.rowquery import Origin
from ingestion.sql import literal
from ingestion.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One line of the file ledger, less the time."""

    target: str
    source_file: str
    file_id: str
    kind: str
    cursor_value: str | None
    size: int | None
    physical: int
    loaded: int
    quarantined: int


def enter(work: Workspace, entry: Entry) -> None:
    """Write a line of the file ledger into the same load package as the rows it speaks of."""
    values = (
        entry.target,
        entry.source_file,
        entry.file_id,
        entry.kind,
        entry.cursor_value,
        entry.size,
        entry.physical,
        entry.loaded,
        entry.quarantined,
        work.now,
    )
    marks = ", ".join("?" for _ in values)
    work.connection.execute(f"insert into {work.pool('file_ledger')} values ({marks})", list(values))


def take_file(work: Workspace, file: Readable, table: Table) -> Outcome | None:
    """Read a file for a table; None when it is not complete yet and has to wait."""
    own: ChannelSettings = work.settings.channel(work.channel.name, work.channel.settings_model)
    try:
        raw = read(work.connection, table, file)
        try:
            outcome = conform(work, table, raw, Origin.of(file.name, file.file_id))
        except Unreadable as bad:
            outcome = whole_file(work, table, file, str(bad), raw.physical_rows)
    except Incomplete as short:
        if time.time() - file.path.stat().st_mtime < own.give_up_seconds:
            logger.info("%s: %s waits: %s", work.channel.name, file.name, short)
            return None
        outcome = whole_file(work, table, file, str(short), 1)
    except Unreadable as bad:
        outcome = whole_file(work, table, file, str(bad), 1)
    except FileNotFoundError:
        return None
    if not unchanged(file):
        logger.info("%s: %s changed while it was read; it waits", work.channel.name, file.name)
        discard(work, table, file.file_id)
        return None
    for part in outcome.parts:
        work.keep_part(table.name, part)
    logger.info(
        "%s.%s: %s: %d rows = %d loaded + %d quarantined",
        work.channel.name,
        table.name,
        file.name,
        outcome.physical,
        outcome.loaded,
        outcome.quarantined,
    )
    return outcome


def discard(work: Workspace, table: Table, file_id: str) -> None:
    """Forget what was gathered of a file for a table in this run."""
    known = literal(file_id)
    work.connection.execute(f"delete from {work.pool(table.name)} where _file_id = {known}")
    work.connection.execute(
        f"delete from {work.pool('quarantine')} where file_id = {known} and target = {literal(table.name)}"
    )


def whole_file(work: Workspace, table: Table, file: Readable, reason: str, rows: int) -> Outcome:
    """The file (or pull) as a whole goes to quarantine; one that cannot be counted counts as one row."""
    logger.warning("%s.%s: %s is in quarantine: %s", work.channel.name, table.name, file.name, reason)
    keeper = QuarantineWriter(work.keyring, table.name, table.contract, {}, work.now, work.settings.country)
    keeper.whole_file(file.name, file.file_id, reason)
    work.add("quarantine", keeper.take())
    return Outcome(max(rows, 1), 0, max(rows, 1), whole_file=True)
