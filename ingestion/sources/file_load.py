"""Takes one file into the workspace, or says that it has to wait, and keeps the file ledger."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from ingestion.contract.channel import ChannelSettings
from ingestion.contract.contract_sql import Origin
from ingestion.contract.table import Table
from ingestion.contract.validation import Outcome, RowsLost, validate
from ingestion.lake.gathered_rows import Gathering
from ingestion.lake.workspace import Workspace
from ingestion.quarantine.writer import QuarantineWriter
from ingestion.readers import read
from ingestion.readers.parsed_file import Incomplete, ParsedFile, Readable, Unreadable
from ingestion.sources.landing_folder import unchanged

# what says something about one file; a full disk, for example, says something about this machine
_OF_THE_FILE = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)
_TOO_LARGE = "needs more memory than `memory_limit` gives; split the file"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One line of the file ledger, less the time; and by column how many personal values could not be read."""

    target: str
    source_file: str
    file_id: str
    kind: str
    cursor_value: str | None
    size: int | None
    physical: int
    loaded: int
    quarantined: int
    unreadable: Mapping[str, int] = field(default_factory=dict)


def gather_entry(work: Workspace, entry: Entry) -> None:
    """Write a line of the file ledger into the same load package as the rows it speaks of."""
    work.gathered.add_values(
        "file_ledger",
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


def take_file(work: Workspace, file: Readable, table: Table, into: Gathering) -> Outcome | None:
    """Read a file for a table; None, with nothing gathered, when it is not complete yet and has to wait."""
    own: ChannelSettings = work.settings.channel(work.channel.name, work.channel.settings_model)
    try:
        raw = _read(work, table, file)
        try:
            outcome = validate(work, table, raw, Origin.of(file.name, file.file_id), into)
        except Unreadable as bad:
            outcome = whole_file(work, table, file, str(bad), raw.physical_rows, into)
        except duckdb.OutOfMemoryException:
            logger.debug("%s does not fit", file.name, exc_info=True)
            outcome = whole_file(work, table, file, _TOO_LARGE, raw.physical_rows, into)
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.DataError, RowsLost) as bad:
            if table.format != "parquet":
                raise
            # its footer is read first, its rows only now: there may be others than it says
            reason = f"its data are damaged ({type(bad).__name__})"
            outcome = whole_file(work, table, file, reason, raw.physical_rows, into)
    except Incomplete as short:
        given_up_at = file.path.stat().st_mtime + own.give_up_seconds
        if time.time() < given_up_at:
            until = datetime.fromtimestamp(given_up_at, ZoneInfo(work.settings.timezone))
            logger.warning(
                "%s: %s waits, as if it were half-written: %s. Nothing of it is read; from %s on it goes to quarantine",
                work.channel.name,
                file.name,
                short,
                f"{until:%Y-%m-%d %H:%M}",
            )
            return None
        outcome = whole_file(work, table, file, str(short), 1, into)
    except Unreadable as bad:
        outcome = whole_file(work, table, file, str(bad), 1, into)
    except OSError as bad:
        if bad.errno not in _OF_THE_FILE:
            raise
        logger.warning("%s: %s waits: it cannot be read: %s", work.channel.name, file.name, bad.strerror)
        return None
    if not unchanged(file):
        logger.info("%s: %s changed while it was read; it waits", work.channel.name, file.name)
        into.drop()
        return None
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


def _read(work: Workspace, table: Table, file: Readable) -> ParsedFile:
    """Read a file; what no reader foresees is that file's fault and stops no other.

    Raises:
        Unreadable: the file cannot be read.
    """
    try:
        return read(work.connection, table, file)
    except RecursionError as bad:
        raise Unreadable("nested too deeply") from bad
    except (MemoryError, duckdb.OutOfMemoryException) as bad:
        raise Unreadable(_TOO_LARGE) from bad
    except (ValueError, OverflowError, LookupError, duckdb.DataError) as bad:
        # its text may quote a value
        raise Unreadable(f"its content is malformed ({type(bad).__name__})") from bad


def whole_file(work: Workspace, table: Table, file: Readable, reason: str, rows: int, into: Gathering) -> Outcome:
    """The file (or pull) as a whole goes to quarantine; one that cannot be counted counts as one row."""
    logger.warning("%s.%s: %s is in quarantine: %s", work.channel.name, table.name, file.name, reason)
    keeper = QuarantineWriter(work.keyring, table.name, table.contract, {}, work.now, work.settings.country)
    keeper.whole_file(file.name, file.file_id, reason)
    into.add("quarantine", keeper.take())
    return Outcome(max(rows, 1), 0, max(rows, 1), whole_file=True)
