"""Holds parsed rows against the contract: what fits goes to the lake, the rest to quarantine, none is lost."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb

from ingestion.binding import Binding, bind
from ingestion.contract import Table
from ingestion.quarantine import QuarantineWriter
from ingestion.raw import Raw
from ingestion.rowquery import Origin, Query
from ingestion.sql import literal
from ingestion.workspace import LakePart, Workspace

_POOLED_ROWS = 200_000
_BAD_ROWS_A_BATCH = 10_000

logger = logging.getLogger(__name__)


class RowsLost(RuntimeError):
    """The counts of a reading do not add up: a defect, never to be passed over."""


@dataclass
class Outcome:
    """What became of the rows of one file for one table.

    Attributes:
        physical: rows that were there.
        loaded: rows on their way to the lake.
        quarantined: rows kept aside, the broken ones included.
        parts: Parquet files with the loaded rows when there were too many for the pool; the caller keeps them.
    """

    physical: int
    loaded: int
    quarantined: int
    parts: list[LakePart]


def conform(work: Workspace, table: Table, raw: Raw, origin: Origin) -> Outcome:
    """Send what fits to the table's parts or pool and the rest to the pool of the quarantine.

    Raises:
        Unreadable: the fields do not allow to read the table at all.
        RowsLost: physical rows are not loaded + quarantined.
    """
    binding = bind(table, raw.fields)
    parts: list[LakePart] = []
    loaded = quarantined = 0
    work.connection.execute("begin")
    try:
        query = Query(work, table, raw, binding, origin)
        parts, loaded = _load(work, table, raw, query)
        quarantined = _quarantine(work, table, raw, binding, query, origin, raw.physical_rows - loaded)
        problem = ""
    except duckdb.Error as bad:
        if raw.careful is None:
            work.connection.execute("rollback")
            raise
        problem = str(bad)
    balanced = not problem and loaded + quarantined == raw.physical_rows
    work.connection.execute("commit" if balanced else "rollback")
    if not balanced:
        for place, _ in parts:
            place.unlink()
        if raw.careful is None:
            counts = f"{raw.physical_rows} rows read, {loaded} loaded, {quarantined} quarantined"
            raise RowsLost(f"{table.name}: {counts}: the numbers do not add up. Please report this defect.")
        logger.info("%s: not every line is one row, so it is read line by line", table.name)
        return conform(work, table, raw.careful(), origin)
    return Outcome(raw.physical_rows, loaded, quarantined, parts)


def _load(work: Workspace, table: Table, raw: Raw, query: Query) -> tuple[list[LakePart], int]:
    if raw.physical_rows < _POOLED_ROWS or work.load_id is None:
        loaded = 0
        for part in raw.parts:
            done = work.connection.execute(f"insert into {work.pool(table.name)} {query.good(part)}").fetchall()
            loaded += int(done[0][0])
        return [], loaded
    if len(raw.parts) == 1:
        written = [work.write_part(table.name, query.good(raw.parts[0]))]
    else:
        with ThreadPoolExecutor(len(raw.parts)) as pool:
            written = list(pool.map(lambda part: _write_beside(work, table, query.good(part)), raw.parts))
    return written, sum(rows for _, rows in written)


def _write_beside(work: Workspace, table: Table, query: str) -> LakePart:
    with work.connection.cursor() as connection:
        connection.execute(f"set TimeZone = {literal(work.settings.timezone)}")
        return work.write_part(table.name, query, connection)


def _quarantine(
    work: Workspace, table: Table, raw: Raw, binding: Binding, query: Query, origin: Origin, missing: int
) -> int:
    """Keep what did not load, and what else there is to say about the file; returns how many rows that were."""
    keeper = QuarantineWriter(work.keyring, table.name, table.contract, binding.column_of_field, work.now)
    for note in [*(f"unknown column {name!r}: its values were not read" for name in binding.unknown), *raw.notes]:
        keeper.note(origin.source_file, origin.file_id, note)
    for row in raw.broken:
        keeper.broken(origin.source_file, origin.file_id, row, raw.header)
    count = 0
    if missing > len(raw.broken):
        every = " union all ".join(f"({query.bad(part)})" for part in raw.parts)
        work.connection.execute(f"create or replace temp table bad as {every}")
        ((count,),) = work.connection.execute("select count(*) from bad").fetchall()
    names = [field.name for field in raw.fields]
    for start in range(0, int(count), _BAD_ROWS_A_BATCH):
        batch = f"select * from bad where rowid >= {start} and rowid < {start + _BAD_ROWS_A_BATCH}"
        for line, source_file, file_id, failed, *values in work.connection.execute(batch).fetchall():
            keeper.misfit(source_file, file_id, line, failed, dict(zip(names, values, strict=True)))
        work.add("quarantine", keeper.take())
    if len(keeper):
        work.add("quarantine", keeper.take())
    return int(count) + len(raw.broken)
