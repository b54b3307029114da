"""Reads quarantine again with today's contract.

Nothing is changed in place: rows that fit now are appended to their table with the file and line they came from, a line
in `quarantine_replays` says that their quarantine record is settled, and a line of kind `replay` in the file ledger
moves their number from quarantined to loaded.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ingestion.contract.contract_sql import Origin
from ingestion.contract.table import DELIMITERS, Table
from ingestion.contract.validation import validate
from ingestion.lake.gathered_rows import Gathering
from ingestion.lake.workspace import Workspace
from ingestion.personal_data.encrypted_spool import SPOOLED, Spool
from ingestion.personal_data.unreadable_values import unreadable_values
from ingestion.quarantine.pending import A_ROW, A_WHOLE_FILE, waiting
from ingestion.readers.csv_lines import split_row
from ingestion.readers.json import loaded
from ingestion.readers.parsed_file import Field, ParsedFile, Part, Unreadable
from ingestion.sources.file_load import Entry, take_file
from ingestion.sources.landing_folder import find
from stores.duckdb_connection import literal

_ROWS_AT_ONCE = 20_000

logger = logging.getLogger(__name__)

_Row = tuple[str, str, int, dict[str, str | None]]  # source file, file id, line, fields


class Replay:
    """One replay of a channel.

    Args:
        work: the workspace of the run.
    """

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._tables = {table.name: table for table in work.channel.tables}

    def is_needed(self) -> bool:
        """Whether anything in quarantine is not settled yet."""
        query = f"select count(*) from ({self._open('true')})"
        return bool(self._work.connection.execute(query).fetchall()[0][0])

    def run(self) -> Iterator[Entry]:
        """Gather what fits now; yields the ledger's entries."""
        for name, table in self._tables.items():
            for source_file, file_id in self._open_files(name):
                yield from self._file(table, source_file, file_id)
            for some in self._open_rows(table):
                rows: dict[tuple[str, ...], list[_Row]] = defaultdict(list)
                for row in some:
                    rows[tuple(row[3])].append(row)
                for names, alike in rows.items():
                    yield from self._rows(table, list(names), alike)

    def _open(self, condition: str) -> str:
        return waiting(self._work.lake, self._tables, condition)

    def _open_files(self, table: str) -> list[tuple[str, str]]:
        query = (
            f"select distinct source_file, file_id from ({self._open(A_WHOLE_FILE)}) where target = {literal(table)}"
        )
        return [(str(name), str(file_id)) for name, file_id in self._work.connection.execute(query).fetchall()]

    def _open_rows(self, table: Table) -> Iterator[list[_Row]]:
        """Rows that wait and can be parsed now, in lists that fit into memory."""
        query = (
            "select distinct on (file_id, line) source_file, file_id, line, row_cipher "
            f"from ({self._open(A_ROW)}) where target = {literal(table.name)}"
        )
        # on a connection of its own: other statements run while this one is read
        with self._work.connection.cursor() as connection:
            found = connection.execute(query)
            while sealed := found.fetchmany(_ROWS_AT_ONCE):
                rows = []
                for source_file, file_id, line, cipher in sealed:
                    fields = parsed_fields(table, json.loads(self._work.keyring.unseal("row", cipher)))
                    if fields is not None:
                        rows.append((str(source_file), str(file_id), int(line), fields))
                yield rows

    def _rows(self, table: Table, names: list[str], rows: list[_Row]) -> Iterator[Entry]:
        """Hold rows with the same field names against the contract again."""
        work = self._work
        columns = {
            f"f{index}": pa.array([row[3][name] for row in rows], pa.string()) for index, name in enumerate(names)
        }
        batch = pa.table(
            {
                "_file": pa.array([row[0] for row in rows], pa.string()),
                "_id": pa.array([row[1] for row in rows], pa.string()),
                "_line": pa.array([row[2] for row in rows], pa.int64()),
                **columns,
            }
        )
        spool = Spool(work.connection)
        spool.add(batch)
        fields = [Field(name, f"f{index}") for index, name in enumerate(names)]
        raw = ParsedFile(fields, [Part(SPOOLED, spool=spool)], len(rows))
        freed = work.gathered.beside()
        try:
            validate(work, table, raw, Origin("", "", "_file", "_id"), freed, record=False)
        except Unreadable as bad:
            logger.info("%s.%s: %d rows still do not fit: %s", work.channel.name, table.name, len(rows), bad)
            return
        unreadable = unreadable_values(freed, table)
        for entry in self._settle(table, rows, freed):
            yield replace(entry, unreadable=unreadable)
            unreadable = {}  # said once, of all files together
        work.gathered.take(freed)

    def _settle(self, table: Table, rows: list[_Row], loaded: Gathering) -> Iterator[Entry]:
        """Mark the rows that fit and move their numbers in the ledger."""
        fitting: set[tuple[str, int]] = set()
        for batch in loaded.batches(table.name, ["_file_id", "_line"]):
            fitting.update(zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True))
        freed: dict[tuple[str, str], int] = defaultdict(int)
        for source_file, file_id, line, _ in rows:
            if (file_id, line) in fitting:
                freed[(source_file, file_id)] += 1
                self._mark(table, file_id, line)
        for (source_file, file_id), count in freed.items():
            yield Entry(table.name, source_file, file_id, "replay", None, None, 0, count, -count)

    def _file(self, table: Table, source_file: str, file_id: str) -> Iterator[Entry]:
        """Read a file again that went to quarantine whole."""
        work = self._work
        file = find(work.settings, work.channel, file_id, work.folder / "hashes.json") if table.pattern else None
        if file is None:
            logger.info("%s.%s: %s no longer lies in the landing folder", work.channel.name, table.name, source_file)
            return
        brought = work.gathered.beside()
        outcome = take_file(work, file, table, brought)
        if outcome is None or outcome.whole_file:
            brought.drop()
            return
        unreadable = unreadable_values(brought, table)
        work.gathered.take(brought)
        self._mark(table, file_id, 0)
        sums = (
            f"select coalesce(sum(physical_rows), 0), coalesce(sum(quarantined_rows), 0) "
            f"from {work.lake.rows('file_ledger')} where file_id = ? and target = ?"
        )
        ((physical, quarantined),) = work.connection.execute(sums, [file_id, table.name]).fetchall()
        yield Entry(
            target=table.name,
            source_file=source_file,
            file_id=file_id,
            kind="replay",
            cursor_value=None,
            size=file.size,
            physical=outcome.physical - int(physical),
            loaded=outcome.loaded,
            quarantined=outcome.quarantined - int(quarantined),
            unreadable=unreadable,
        )

    def _mark(self, table: Table, file_id: str, line: int) -> None:
        self._work.gathered.add_values("quarantine_replays", table.name, file_id, line, self._work.now)


def parsed_fields(table: Table, sealed: dict[str, Any]) -> dict[str, str | None] | None:
    """The fields of a sealed row; None when it still cannot be parsed."""
    if "fields" in sealed:
        return dict(sealed["fields"])
    text, header = sealed["text"], sealed["header"]
    if table.format == "csv" and header:
        for delimiter in [table.delimiter] if table.delimiter else DELIMITERS:
            split = split_row(text, delimiter, len(header))
            if split is not None:
                return dict(zip(header, split, strict=True))
        return None
    try:
        document = loaded(text)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    return {
        key: value if value is None or isinstance(value, str) else json.dumps(value) for key, value in document.items()
    }
