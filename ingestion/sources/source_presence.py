"""Whether a source still has what was read from it before: what is gone says nothing, and that is no answer."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ingestion.contract.channel import Channel, NothingThere, Source
from ingestion.contract.table import Table
from ingestion.lake.channel_lake import Lake
from ingestion.pipeline import IngestReport
from ingestion.sources.landing_folder import CANNOT_OPEN, landing_folder, tables_for
from stores.duckdb_connection import open_duckdb
from stores.settings import Settings


def missing_sources(settings: Settings, channel: Channel, tables: Iterable[str], report: IngestReport) -> str:
    """Why tables that the lake has rows of cannot have been read in full just now; empty where they were.

    A folder that is missing or cannot be listed, files in it that cannot be opened, a table or a whole database that is
    not there any more, and one without a single row.

    Args:
        settings: of this installation.
        channel: the channel.
        tables: names of its tables.
        report: what reading it just now brought.

    Raises:
        SourceUnavailable: the source does not answer.
    """
    known = _known(settings, channel)
    if not known.intersection(tables):
        return ""
    if channel.source is None:
        return _folder_problem(settings, channel, report)
    for name in tables:
        # Rows of the look-back come again each time; where none came, the source is asked for any row at all.
        if name in known and not report.asked.get(name) and not _has_rows(settings, channel, channel.source, name):
            return f"its source has no rows of {name} any more"
    return ""


def passed_over(channel: Channel, report: IngestReport) -> dict[str, str]:
    """Tables for which a file lies there that was not read, with its name: still being written, or a link or the like.

    Args:
        channel: the channel.
        report: what reading it just now brought.
    """
    found: dict[str, str] = {}
    for name in [*report.waiting, *(name for name, why in report.refused.items() if not why.startswith(CANNOT_OPEN))]:
        for table in tables_for(channel, Path(name)):
            found.setdefault(table.name, name)
    return found


def _known(settings: Settings, channel: Channel) -> set[str]:
    """The tables that the lake has rows of."""
    with closing(open_duckdb(settings)) as connection:
        lake = Lake(settings, channel, connection)
        lake.ensure_contract_files()
        ledger = lake.rows("file_ledger")
        return {row[0] for row in connection.execute(f"select target from {ledger} where loaded_rows > 0").fetchall()}


def _folder_problem(settings: Settings, channel: Channel, report: IngestReport) -> str:
    folder = landing_folder(settings, channel)
    try:
        next(folder.iterdir(), None)
    except OSError as bad:
        return f"its folder {folder} cannot be read: {bad.strerror}"
    closed = [name for name, why in report.refused.items() if why.startswith(CANNOT_OPEN)]
    return f"{closed[0]} {report.refused[closed[0]].removeprefix('it ')}" if closed else ""


def _has_rows(settings: Settings, channel: Channel, source: Source, name: str) -> bool:
    """Whether a source has a single row of a table; the other tables are asked for nothing old."""
    now = settings.now().replace(tzinfo=None)
    since: dict[str, datetime] = {table.name: now for table in channel.tables if table.name != name}
    try:
        batches = source.pull(settings, _first(channel, name), since)
        return any(batch.table.name == name and _count(batch.rows) for batch in batches)
    except NothingThere:
        return False


def _first(channel: Channel, name: str) -> Channel:
    """The channel with a table before its others, so that the answer comes at once."""
    tables: list[Table] = sorted(channel.tables, key=lambda table: table.name != name)
    return replace(channel, tables=tables)


def _count(rows: pa.Table | list[dict[str, object]]) -> int:
    return rows.num_rows if isinstance(rows, pa.Table) else len(rows)
