"""Asks a database or an API for what is new and takes it into the workspace."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contract.channel import Batch, NothingThere, Source, SourceUnavailable
from ingestion.contract.contract_sql import Origin
from ingestion.contract.table import Table
from ingestion.contract.validation import validate
from ingestion.lake.gathered_rows import Gathering
from ingestion.lake.workspace import Workspace
from ingestion.personal_data.encrypted_spool import SPOOLED, Spool
from ingestion.personal_data.unreadable_values import unreadable_values
from ingestion.readers.json import as_document, parse, store
from ingestion.readers.parsed_file import Field, ParsedFile, Part, Readable, Unreadable
from ingestion.sources.already_loaded import drop_seen
from ingestion.sources.file_load import Entry, whole_file
from stores.atomic_files import write_json

logger = logging.getLogger(__name__)


class Pull:
    """All that a source gives at one time, spooled first, so that one that breaks off leaves nothing behind.

    Of each table it asks for what changed since the last cursor less the look-back, and, when the last time is long
    enough ago, for everything: rows that were committed late or without a cursor are found then. What the lake has
    already is not loaded again.

    Args:
        work: the workspace.
        source: where to ask.
    """

    def __init__(self, work: Workspace, source: Source) -> None:
        self._work = work
        self._name = source.describe(work.settings, work.channel)
        self._before = work.lake.cursors()
        self._memory = work.folder / "full_reads.json"
        self._full = {table.name for table in work.channel.tables if self._is_full(table)}
        self._spools: dict[str, Spool] = {}
        self._columns: dict[str, list[str]] = {}
        try:
            for batch in source.pull(work.settings, work.channel, self._since(source)):
                self._add(batch)
        except NothingThere as nothing:
            if work.lake.was_read():
                raise SourceUnavailable(
                    f"Channel {work.channel.name}: {nothing}, and it was read before. Bring it back, or say in "
                    f"[channels.{work.channel.name}] where it is now; what was loaded stays."
                ) from nothing
            logger.info("%s: nothing to read: %s", work.channel.name, nothing)
            self._full = set()

    def __bool__(self) -> bool:
        """Whether the source gave any row."""
        return any(spool.rows for spool in self._spools.values())

    def rows(self) -> dict[str, int]:
        """How many rows the source gave, by table."""
        return {name: spool.rows for name, spool in self._spools.items()}

    def take(self) -> Iterator[Entry]:
        """Gather what is new; yields the ledger's entries, one a table with news."""
        for table in self._work.channel.tables:
            if table.name in self._spools:
                entry = self._take(table, self._raw(table))
                del self._spools[table.name]
                if entry:
                    yield entry

    def remember(self) -> None:
        """Note which tables were read in full; to be called once the rows are in the lake."""
        if self._full:
            moment = self._work.now.isoformat()
            write_json(self._memory, {**self._full_reads(), **dict.fromkeys(sorted(self._full), moment)})

    def _since(self, source: Source) -> dict[str, datetime]:
        own = source.lookback_seconds(self._work.settings, self._work.channel)
        since = {}
        for table in self._work.channel.tables:
            if table.name in self._before and table.name not in self._full:
                lookback = timedelta(days=table.lookback_days) if own is None else timedelta(seconds=own)
                since[table.name] = self._before[table.name] - lookback
        return since

    def _is_full(self, table: Table) -> bool:
        """Whether it is time to read the whole table."""
        if table.name not in self._before:
            return True
        if not table.compare_days:
            return False
        last = self._full_reads().get(table.name)
        passed = self._work.now - datetime.fromisoformat(last) if last else None
        return passed is None or passed < timedelta(0) or passed >= timedelta(days=table.compare_days)

    def _full_reads(self) -> dict[str, str]:
        try:
            return {str(name): str(moment) for name, moment in json.loads(self._memory.read_text("utf-8")).items()}
        except (FileNotFoundError, ValueError, AttributeError):
            return {}

    def _add(self, batch: Batch) -> None:
        name = batch.table.name
        spool = self._spools.setdefault(name, Spool(self._work.connection))
        first = spool.rows + 1
        if not isinstance(batch.rows, pa.Table):
            store(spool, enumerate(map(as_document, batch.rows), first))
            return
        self._columns.setdefault(name, batch.rows.column_names)
        fields = [f"f{index}" for index in range(batch.rows.num_columns)]
        lines = pa.array(range(first, first + batch.rows.num_rows), pa.int64())
        spool.add(batch.rows.rename_columns(fields).append_column("_line", lines))

    def _raw(self, table: Table) -> ParsedFile:
        spool = self._spools[table.name]
        if table.name not in self._columns:
            return parse(self._work.connection, table, spool)
        names = self._columns[table.name]
        fields = [Field(name, f"f{index}") for index, name in enumerate(names)]
        return ParsedFile(fields, [Part(SPOOLED, spool=spool)], spool.rows, header=names)

    def _take(self, table: Table, raw: ParsedFile) -> Entry | None:
        work = self._work
        file_id = f"pull-{uuid.uuid4().hex}"
        source_file = f"{self._name}:{table.name}"
        brought = work.gathered.beside()
        cursor = None
        try:
            validate(work, table, raw, Origin.of(source_file, file_id), brought)
            cursor = _cursor(work, table, brought, self._before.get(table.name))
        except Unreadable as bad:
            file = Readable(work.folder, source_file, file_id, 0)
            whole_file(work, table, file, str(bad), raw.physical_rows, brought)
        drop_seen(work, table, brought, source_file)
        loaded, records = brought.rows(table.name), brought.rows("quarantine")
        if cursor is None and not loaded and records:
            quarantined = raw.physical_rows
        else:
            lines = brought.batches("quarantine", ["line"])
            quarantined = sum(int(pc.sum(pc.greater(batch.column(0), 0)).as_py() or 0) for batch in lines)
        told = (work.channel.name, table.name, raw.physical_rows, loaded, quarantined)
        again = raw.physical_rows - loaded - quarantined
        logger.info("%s.%s: %d rows asked for: %d loaded + %d quarantined + %d seen before", *told, again)
        if not loaded and not records:
            return None
        unreadable = unreadable_values(brought, table)
        work.gathered.take(brought)
        rows = loaded + quarantined
        return Entry(table.name, source_file, file_id, "cursor", cursor, None, rows, loaded, quarantined, unreadable)


def _cursor(work: Workspace, table: Table, brought: Gathering, before: datetime | None) -> str | None:
    """How far the table is read now: never into the future, where one wrong clock would hide all rows to come."""
    if not table.cursor:
        return None
    largest = [pc.max(batch.column(0)).as_py() for batch in brought.batches(table.name, [table.cursor])]
    moments = [min(moment, work.now) for moment in largest if moment] + ([before] if before else [])
    return max(moments).isoformat(sep=" ", timespec="microseconds") if moments else None
