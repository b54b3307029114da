"""Asks a database or an API for what is new and takes it into the workspace."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

import pyarrow as pa

from ingestion.conform import conform
from ingestion.contract import Table
from ingestion.intake import Entry, enter, whole_file
from ingestion.pulls import Batch, NothingThere, Source
from ingestion.raw import Field, Part, Raw, Readable, Unreadable
from ingestion.readers.jsonl import as_document, parse, store
from ingestion.rowquery import Origin
from ingestion.sql import identifier, literal
from ingestion.workspace import Workspace

logger = logging.getLogger(__name__)


class Spool:
    """Gathers all that a source gives in temporary tables first, so that one that breaks off leaves nothing behind."""

    def __init__(self, work: Workspace) -> None:
        self._connection = work.connection
        self._columns: dict[str, list[str]] = {}
        self._documents: dict[str, int] = {}

    def add(self, batch: Batch) -> None:
        """Keep a batch."""
        if isinstance(batch.rows, pa.Table):
            self._add_columns(batch.table.name, batch.rows)
        else:
            self._add_documents(batch.table.name, [as_document(row) for row in batch.rows])

    def raw(self, table: Table) -> Raw | None:
        """What was gathered for a table; None when nothing was."""
        place = _place(table.name)
        if table.name in self._documents:
            return parse(self._connection, table, place)
        if table.name not in self._columns:
            return None
        ((rows,),) = self._connection.execute(f"select count(*) from {place}").fetchall()
        names = self._columns[table.name]
        fields = [Field(name, f"f{index}") for index, name in enumerate(names)]
        return Raw(fields, [Part(place, "rowid + 1")], int(rows), header=names)

    def drop(self, table: Table) -> None:
        """Free what was gathered for a table."""
        self._connection.execute(f"drop table if exists {_place(table.name)}")

    def _add_columns(self, table: str, rows: pa.Table) -> None:
        place = _place(table)
        if table not in self._columns:
            self._columns[table] = rows.column_names
            typed = ", ".join(f"f{index} varchar" for index in range(rows.num_columns))
            self._connection.execute(f"create or replace temp table {place} ({typed})")
        self._connection.register("rows_of_batch", rows)
        self._connection.execute(f"insert into {place} select * from rows_of_batch")
        self._connection.unregister("rows_of_batch")

    def _add_documents(self, table: str, documents: list[str]) -> None:
        place = _place(table)
        if table not in self._documents:
            self._documents[table] = 0
            self._connection.execute(f"create or replace temp table {place} (_line bigint, document varchar)")
        store(self._connection, place, enumerate(documents, self._documents[table] + 1))
        self._documents[table] += len(documents)


def _place(table: str) -> str:
    return identifier(f"spool_{table}")


def take_pulls(work: Workspace, source: Source) -> list[Entry]:
    """Ask a database or an API for what is new and gather it; returns the ledger entries, one a table with news.

    Raises:
        SourceUnavailable: no answer; nothing was gathered that would be loaded.
    """
    name = source.describe(work.settings, work.channel)
    cursors = work.lake.cursors()
    lookback = timedelta(seconds=source.lookback_seconds(work.settings, work.channel))
    since = {table: moment - lookback for table, moment in cursors.items()}
    spool = Spool(work)
    try:
        for batch in source.pull(work.settings, work.channel, since):
            spool.add(batch)
    except NothingThere as nothing:
        logger.info("%s: nothing to read: %s", work.channel.name, nothing)
        return []
    entries = []
    for table in work.channel.tables:
        raw = spool.raw(table)
        if raw is not None:
            entry = _take_pull(work, table, raw, name, since.get(table.name), cursors.get(table.name))
            if entry:
                entries.append(entry)
            spool.drop(table)
    for entry in entries:
        enter(work, entry)
    return entries


def _take_pull(
    work: Workspace, table: Table, raw: Raw, name: str, since: datetime | None, before: datetime | None
) -> Entry | None:
    file_id = f"pull-{uuid.uuid4().hex}"
    source_file = f"{name}:{table.name}"
    cursor_value = None
    try:
        outcome = conform(work, table, raw, Origin.of(source_file, file_id))
        cursor_value = _cursor(work, table, before)
    except Unreadable as bad:
        outcome = whole_file(work, table, Readable(work.folder, source_file, file_id, 0), str(bad), raw.physical_rows)
    if since is not None:
        _forget_seen_rows(work, table)
    pool = work.pool("quarantine")
    seen = f"select reason, row from {work.lake.rows('quarantine')} where target = {literal(table.name)}"
    work.connection.execute(
        f"delete from {pool} where target = {literal(table.name)} and (reason, row) in ({seen} "
        f"and source_file = {literal(source_file)})"
    )
    kept = f"select count(*), count(*) filter (line > 0) from {pool} where target = {literal(table.name)}"
    ((records, quarantined),) = work.connection.execute(kept).fetchall()
    loaded = work.pooled_rows(table.name)
    if cursor_value is None and records:
        quarantined = outcome.quarantined
    again = raw.physical_rows - loaded - int(quarantined)
    logger.info(
        "%s.%s: %d rows asked for: %d loaded + %d quarantined + %d seen before",
        work.channel.name,
        table.name,
        raw.physical_rows,
        loaded,
        quarantined,
        again,
    )
    if not loaded and not records:
        return None
    return Entry(
        table.name,
        source_file,
        file_id,
        "cursor",
        cursor_value,
        None,
        loaded + int(quarantined),
        loaded,
        int(quarantined),
    )


def _cursor(work: Workspace, table: Table, before: datetime | None) -> str | None:
    """How far the table is read now: never into the future, where one wrong clock would hide all rows to come."""
    if not table.cursor:
        return None
    query = f"select max({identifier(table.cursor)}) from {work.pool(table.name)}"
    ((largest,),) = work.connection.execute(query).fetchall()
    moments = [moment for moment in (largest and min(largest, work.now), before) if moment]
    return max(moments).isoformat(sep=" ", timespec="microseconds") if moments else None


def _forget_seen_rows(work: Workspace, table: Table) -> None:
    """Drop pulled rows that the lake already holds in just this state: the pull looks back further than it must."""
    cursor, pool = identifier(table.cursor), work.pool(table.name)
    ((earliest,),) = work.connection.execute(f"select min({cursor}) from {pool}").fetchall()
    if earliest is None:
        return
    same = [identifier(name) for name in table.lake_columns if not name.endswith("_cipher")]
    matches = " and ".join(f"pulled.{name} is not distinct from stored.{name}" for name in same)
    recent = f"{cursor} >= timestamp {literal(str(earliest))}"
    work.connection.execute(
        f"delete from {pool} where _line in (select pulled._line from {pool} as pulled "
        f"join (select * from {work.lake.rows(table.name)} where {recent}) as stored on {matches})"
    )
