"""Holds parsed rows against the contract: what fits goes to the lake, the rest to quarantine, none is lost.

Rows are taken in batches that fit into memory. Only what holds no personal value is copied from file to file in one
statement, which is quicker.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ingestion.contract.column_mapping import ColumnMapping, map_columns
from ingestion.contract.contract_sql import BATCH, ContractQuery, Origin
from ingestion.contract.currency_signs import currencies_of
from ingestion.contract.table import Table
from ingestion.lake.gathered_rows import LOAD_ID, Gathering, LakePart
from ingestion.lake.workspace import Workspace
from ingestion.personal_data.encrypted_spool import SPOOLED, bounded
from ingestion.quarantine.writer import QuarantineWriter
from ingestion.readers.parsed_file import ParsedFile, Part
from stores.duckdb_connection import literal
from stores.redaction.text_redaction import redact_line

_COPIED_ROWS = 200_000
_ROWS_A_FETCH = 10_240
_BYTES_A_FETCH = 64 << 20
_BAD_ROWS_A_BATCH = 10_000
_LEFT = "rows_left"
_NAMED = 10

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
        missing: columns of the contract that no field of the file feeds.
    """

    physical: int
    loaded: int
    quarantined: int
    whole_file: bool = False
    missing: tuple[str, ...] = ()


def validate(
    work: Workspace, table: Table, raw: ParsedFile, origin: Origin, into: Gathering, record: bool = True
) -> Outcome:
    """Gather what fits for the table and the rest for the quarantine.

    Args:
        work: the workspace.
        table: the contract.
        raw: the reading.
        origin: where the rows come from.
        into: gets the rows; nothing when this fails.
        record: False in a replay, where what still breaks the contract has its quarantine record already.

    Raises:
        Unreadable: the fields do not allow to read the table at all.
        RowsLost: physical rows are not loaded + quarantined.
    """
    if not raw.physical_rows and table.format in ("json", "jsonl"):
        return Outcome(0, 0, 0)  # without rows there are no names either
    binding = map_columns(table, raw.fields)
    # pushed below the casts, the check of their results would do every cast a second time
    work.connection.execute("set disabled_optimizers = 'filter_pushdown'")
    attempt = into.beside()
    try:
        outcome = _Attempt(work, table, raw, binding, origin, attempt, record).run()
    except BaseException as bad:
        attempt.drop()
        if raw.careful is None or not isinstance(bad, RowsLost | duckdb.Error):
            raise
        outcome = None
    finally:
        work.connection.execute("set disabled_optimizers = ''")
    if outcome is not None:
        into.take(attempt)
        return outcome
    assert raw.careful is not None
    logger.info("%s: not every line is one row, so it is read line by line", table.name)
    return validate(work, table, raw.careful(), origin, into, record)


class _Attempt:
    """One try at a reading."""

    def __init__(
        self,
        work: Workspace,
        table: Table,
        raw: ParsedFile,
        binding: ColumnMapping,
        origin: Origin,
        into: Gathering,
        record: bool,
    ) -> None:
        self._work, self._table, self._raw, self._origin, self._into = work, table, raw, origin, into
        home = currencies_of(work.settings.country)
        self._query = ContractQuery(table, raw, binding, origin, home)
        self._record = record
        self._keeper = QuarantineWriter(
            work.keyring, table.name, table.contract, binding.column_of_field, work.now, work.settings.country
        )
        self._unknown, self._missing = binding.unknown, binding.missing
        self._rows_a_fetch = max(1, min(_ROWS_A_FETCH, _BYTES_A_FETCH // max(raw.longest_row, 1)))
        self._seen = self._loaded = self._quarantined = 0

    def run(self) -> Outcome:
        """Sort every row.

        Raises:
            RowsLost: the numbers do not add up.
        """
        raw, table = self._raw, self._table
        self._say_what_there_is_to_say()
        parsed = raw.physical_rows - len(raw.broken)
        copied = not self._query.has_personal and all(part.spool is None for part in raw.parts)
        copied = copied and self._rows_a_fetch == _ROWS_A_FETCH
        if copied and raw.physical_rows >= _COPIED_ROWS and self._work.load_id is not None:
            self._copy()
            # only if rows are left is it of interest how many there are
            self._seen = parsed if self._loaded == parsed else self._sort_what_is_left()
        else:
            for part in raw.parts:
                for batch in self._batches(part):
                    self._sort(batch)
        if self._seen != parsed:
            raise RowsLost(
                f"{table.name}: {parsed} rows are there, {self._seen} were parsed. Please report this defect."
            )
        if not self._record:
            self._quarantined = raw.physical_rows - self._loaded
        if self._loaded + self._quarantined != raw.physical_rows:
            counts = f"{raw.physical_rows} rows read, {self._loaded} loaded, {self._quarantined} quarantined"
            raise RowsLost(f"{table.name}: {counts}: the numbers do not add up. Please report this defect.")
        kept = self._into.rows(table.name)
        if kept != self._loaded:
            raise RowsLost(
                f"{table.name}: {self._loaded} rows were taken, {kept} are there. Please report this defect."
            )
        return Outcome(raw.physical_rows, self._loaded, self._quarantined, missing=tuple(self._missing))

    def _say_what_there_is_to_say(self) -> None:
        if not self._record:
            return
        origin, raw = self._origin, self._raw
        if self._unknown and self._missing:
            missing, unknown = ", ".join(self._missing), ", ".join(map(redact_line, self._unknown[:_NAMED]))
            logger.warning(
                "%s: %s: nothing in it feeds %s; not read is: %s. If that is another spelling, add it to the contract "
                "and let the file be read again (`guanxi lake read-again`).",
                *(self._table.name, origin.source_file, missing, unknown),
            )
        for note in [*(f"unknown column {name!r}: its values were not read" for name in self._unknown), *raw.notes]:
            self._keeper.note(origin.source_file, origin.file_id, note)
        for row in raw.broken:
            self._keeper.broken(origin.source_file, origin.file_id, row, raw.header)
            if len(self._keeper) >= _BAD_ROWS_A_BATCH:
                self._into.add("quarantine", self._keeper.take())
        self._quarantined += len(raw.broken)
        self._into.add("quarantine", self._keeper.take())

    def _copy(self) -> None:
        """Straight from the file to a part, every piece of the file on a core of its own."""
        queries = [self._query.plain(part) for part in self._raw.parts]
        if len(queries) == 1:
            written = [self._write(queries[0])]
        else:
            with ThreadPoolExecutor(len(queries)) as pool:
                written = list(pool.map(self._write, queries))
        for part in written:
            self._into.add_file(self._table.name, part)
        self._loaded = sum(rows for _, rows in written)

    def _write(self, query: str) -> LakePart:
        place = self._into.new_place(self._table.name)
        assert self._work.load_id is not None
        with self._beside() as connection:
            statement = (
                f"copy (select *, {literal(self._work.load_id)} as {LOAD_ID} from ({query})) "
                f"to {literal(str(place))} (format parquet)"
            )
            return place, int(connection.execute(statement).fetchall()[0][0])

    def _sort_what_is_left(self) -> int:
        """Try every accepted form on the rows that were not copied; returns how many rows there are in all."""
        for part in self._raw.parts:
            for batch in self._stream(self._query.left(part)):
                self._sort_odd(batch)
        counts = " + ".join(f"(select count(*) from {part.relation})" for part in self._raw.parts)
        return int(self._work.connection.execute(f"select {counts}").fetchall()[0][0])

    def _batches(self, part: Part) -> Iterator[pa.Table]:
        """The rows of a part as delivered, personal values replaced beside them."""
        query = self._query.delivered(part)
        for batch in self._stream(query) if part.spool is None else self._spooled(part, query):
            yield self._query.protected(batch, self._work.keyring, self._work.settings.country, self._work.sealed)

    def _stream(self, query: str) -> Iterator[pa.Table]:
        """A query's rows; on a connection of its own, because another statement would end the stream."""
        with self._beside() as connection:
            reader = connection.execute(query).to_arrow_reader(self._rows_a_fetch)
            yield from bounded(pa.Table.from_batches([batch]) for batch in reader)

    def _spooled(self, part: Part, query: str) -> Iterator[pa.Table]:
        assert part.spool is not None
        for rows in part.spool.batches():
            self._work.connection.register(SPOOLED, rows)
            batch = self._work.connection.execute(query).to_arrow_table()
            self._work.connection.unregister(SPOOLED)
            yield batch

    def _sort(self, batch: pa.Table) -> None:
        connection, rows = self._work.connection, batch.num_rows
        self._seen += rows
        connection.register(BATCH, batch)
        taken = self._take(self._query.plain())
        if taken < rows:
            self._sort_odd(connection.execute(self._query.left()).to_arrow_table())
        connection.unregister(BATCH)

    def _sort_odd(self, left: pa.Table) -> None:
        """Rows that are not in plain form: what keeps the contract all the same, and what breaks it."""
        self._work.connection.register(_LEFT, left)
        self._take(self._query.odd(_LEFT))
        self._keep_aside()
        self._work.connection.unregister(_LEFT)

    def _keep_aside(self) -> None:
        if not self._record:
            return
        names = [field.name for field in self._raw.fields]
        found = self._work.connection.execute(self._query.bad(_LEFT))
        while rows := found.fetchmany(_BAD_ROWS_A_BATCH):
            for line, source_file, file_id, failed, *values in rows:
                self._keeper.misfit(source_file, file_id, line, failed, dict(zip(names, values, strict=True)))
            self._quarantined += len(rows)
            self._into.add("quarantine", self._keeper.take())

    def _take(self, query: str) -> int:
        rows = self._work.connection.execute(query).to_arrow_table()
        self._into.add(self._table.name, rows)
        self._loaded += rows.num_rows
        return int(rows.num_rows)

    def _beside(self) -> duckdb.DuckDBPyConnection:
        connection = self._work.connection.cursor()
        connection.execute(f"set TimeZone = {literal(self._work.settings.timezone)}")
        return connection
