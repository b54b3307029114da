"""Holds parsed rows against the contract: what fits goes to the lake, the rest to quarantine, none is lost."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

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
_LEFT = "rows_left"

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
        whole_file: whether nothing could be read and the file as such is in quarantine.
        parts: Parquet files with the loaded rows when there were too many for the pool; the caller keeps them.
    """

    physical: int
    loaded: int
    quarantined: int
    parts: list[LakePart] = field(default_factory=list)
    whole_file: bool = False


def conform(work: Workspace, table: Table, raw: Raw, origin: Origin, record: bool = True) -> Outcome:
    """Send what fits to the table's parts or pool and the rest to the pool of the quarantine.

    Args:
        work: the workspace.
        table: the contract.
        raw: the reading.
        origin: where the rows come from.
        record: False in a replay, where what still breaks the contract has its quarantine record already.

    Raises:
        Unreadable: the fields do not allow to read the table at all.
        RowsLost: physical rows are not loaded + quarantined.
    """
    binding = bind(table, raw.fields)
    # pushed below the casts, the check of their results would do every cast a second time
    work.connection.execute("set disabled_optimizers = 'filter_pushdown'")
    try:
        outcome = _attempt(work, table, raw, binding, origin, record)
    finally:
        work.connection.execute("set disabled_optimizers = ''")
    if outcome is not None:
        return outcome
    assert raw.careful is not None
    logger.info("%s: not every line is one row, so it is read line by line", table.name)
    return conform(work, table, raw.careful(), origin, record)


def _attempt(work: Workspace, table: Table, raw: Raw, binding: Binding, origin: Origin, record: bool) -> Outcome | None:
    """One try; None, with no trace left, when the numbers do not add up but there is a more careful way to read."""
    parts: list[LakePart] = []
    pooled_before = work.pooled_rows(table.name)
    work.connection.execute("begin")
    try:
        query = Query(work, table, raw, binding, origin)
        loaded = _load(work, table, raw, query, parts)
        quarantined = raw.physical_rows - loaded
        if record:
            quarantined = _quarantine(work, table, raw, binding, query, origin, quarantined)
        if loaded + quarantined != raw.physical_rows:
            counts = f"{raw.physical_rows} rows read, {loaded} loaded, {quarantined} quarantined"
            raise RowsLost(f"{table.name}: {counts}: the numbers do not add up. Please report this defect.")
        work.connection.execute("commit")
    except BaseException as bad:
        work.connection.execute("rollback")
        for place, _ in parts:
            place.unlink()
        if raw.careful is not None and isinstance(bad, RowsLost | duckdb.Error):
            return None
        raise
    kept = work.pooled_rows(table.name) - pooled_before + sum(rows for _, rows in parts)
    if kept != loaded:
        raise RowsLost(f"{table.name}: {loaded} rows were taken, {kept} are there. Please report this defect.")
    return Outcome(raw.physical_rows, loaded, quarantined, parts=parts)


def _load(work: Workspace, table: Table, raw: Raw, query: Query, parts: list[LakePart]) -> int:
    """Take the rows that keep the contract: first those in plain form, then, if any are left, the odd ones.

    Returns:
        How many; big results are appended to `parts`.
    """
    parsed = raw.physical_rows - len(raw.broken)
    loaded = _take(work, table, raw, [query.plain(part) for part in raw.parts], parts)
    if loaded == parsed:
        return loaded
    counts = " + ".join(f"(select count(*) from {part.relation})" for part in raw.parts)
    if work.connection.execute(f"select {counts}").fetchall() != [(parsed,)]:
        raise RowsLost(f"{table.name}: not as many rows were parsed as there are. Please report this defect.")
    left = " union all ".join(f"({query.left(part)})" for part in raw.parts)
    work.connection.execute(f"create or replace temp table {_LEFT} as {left}")
    return loaded + _take(work, table, raw, [query.odd(_LEFT)], parts)


def _take(work: Workspace, table: Table, raw: Raw, queries: list[str], parts: list[LakePart]) -> int:
    if raw.physical_rows < _POOLED_ROWS or work.load_id is None:
        return sum(_pool(work, table, query) for query in queries)
    if len(queries) == 1:
        written = [work.write_part(table.name, queries[0])]
    else:
        with ThreadPoolExecutor(len(queries)) as pool:
            written = list(pool.map(lambda query: _write_beside(work, table, query), queries))
    parts += written
    return sum(rows for _, rows in written)


def _pool(work: Workspace, table: Table, query: str) -> int:
    """Put the rows of a query into the table's pool; how many.

    By way of a table of their own, so that nothing is inserted where there are none: in one transaction, an insert of
    no rows followed by one of a whole row group (122,880) loses the second without a word (DuckDB 1.5.5).
    """
    made = work.connection.execute(f"create or replace temp table rows_taken as {query}").fetchall()
    rows = int(made[0][0])
    if rows:
        work.connection.execute(f"insert into {work.pool(table.name)} select * from rows_taken")
    work.connection.execute("drop table rows_taken")
    return rows


def _write_beside(work: Workspace, table: Table, query: str) -> LakePart:
    with work.connection.cursor() as connection:
        connection.execute(f"set TimeZone = {literal(work.settings.timezone)}")
        return work.write_part(table.name, query, connection)


def _quarantine(
    work: Workspace, table: Table, raw: Raw, binding: Binding, query: Query, origin: Origin, missing: int
) -> int:
    """Keep what did not load, and what else there is to say about the file; returns how many rows that were."""
    keeper = QuarantineWriter(
        work.keyring, table.name, table.contract, binding.column_of_field, work.now, work.settings.country
    )
    for note in [*(f"unknown column {name!r}: its values were not read" for name in binding.unknown), *raw.notes]:
        keeper.note(origin.source_file, origin.file_id, note)
    for row in raw.broken:
        keeper.broken(origin.source_file, origin.file_id, row, raw.header)
    written = len(raw.broken)
    if missing > len(raw.broken):
        # numbered here: rowids of a table made within the transaction do not start at 0
        bad = f"select row_number() over () as n, * from ({query.bad(_LEFT)})"
        work.connection.execute(f"create or replace temp table bad as {bad}")
        names = [field.name for field in raw.fields]
        done = 0
        while rows := work.connection.execute(
            f"select * exclude (n) from bad where n > {done} and n <= {done + _BAD_ROWS_A_BATCH} order by n"
        ).fetchall():
            for line, source_file, file_id, failed, *values in rows:
                keeper.misfit(source_file, file_id, line, failed, dict(zip(names, values, strict=True)))
            done += len(rows)
            work.add("quarantine", keeper.take())
        written += done
    if len(keeper):
        work.add("quarantine", keeper.take())
    return written
