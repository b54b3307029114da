"""What waits in quarantine: records of completed loads that no replay has settled."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.lake.channel_lake import Lake
from stores.duckdb_connection import literal

A_ROW = "q.line > 0"
A_WHOLE_FILE = "q.line = 0 and json_extract_string(q.row, '$.scope') = 'file'"


def waiting(lake: Lake, tables: Iterable[str], condition: str = "true") -> str:
    """SQL for the records in quarantine that wait, rows and whole files; notes do not wait.

    Args:
        lake: the channel's part of the lake.
        tables: names of tables that the rows were meant for.
        condition: an SQL condition on the record `q`, such as `A_ROW`.
    """
    names = ", ".join(literal(name) for name in tables)
    return (
        f"select q.* from {lake.rows('quarantine')} as q "
        f"left join {lake.rows('quarantine_replays')} as r using (target, file_id, line) "
        f"where r.target is null and q.target in ({names}) and ({A_ROW} or ({A_WHOLE_FILE})) and ({condition})"
    )
