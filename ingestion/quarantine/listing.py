"""What lies in quarantine, by table, reason and file: what waits, and what only looks as if it did."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from stores.duckdb_connection import open_duckdb
from stores.lake import reader
from stores.lake.layout import channel_of, datasets
from stores.settings import Settings

WAITING = "waiting"
_TABLES = ("quarantine", "quarantine_replays", "file_ledger")


@dataclass(frozen=True)
class Group:
    """Quarantine records that are alike.

    Attributes:
        channel: name.
        table: table that the rows were meant for.
        state: waiting; replayed (loaded since); note (about a file whose rows did load); incomplete load (of a run that
            broke off: its file is read again).
        reason: why; of reasons that differ only in the value that did not fit, what they share and one of them.
        source_file: name of the file or pull.
        rows: how many rows; for a file that could not be read at all, the rows that it was counted as; 0 for notes.
        first_line: smallest line number, 0 when a whole file is meant.
        last_seen: when the latest came, naive business time.
        again: how often these rows came again, in other files or pulls: each is told once, where it came last.
    """

    channel: str
    table: str
    state: str
    reason: str
    source_file: str
    rows: int
    first_line: int
    last_seen: datetime | None
    again: int = 0


_QUERY = """
with
loads as ({loads}),
replays as (
    select distinct target, file_id, line, true as is_replayed
    from {quarantine_replays}
    where _dlt_load_id in (select load_id from loads)
),
ledger as (
    select target, file_id, sum(quarantined_rows) as rows_of_file
    from {file_ledger}
    where _dlt_load_id in (select load_id from loads)
    group by target, file_id
),
records as (select *, json_extract_string(row, '$.scope') as scope, {row_token} as content from {quarantine}),
judged as (
    select
        records.*,
        case
            when records._dlt_load_id not in (select load_id from loads) then 'incomplete load'
            when line = 0 and scope = 'note' then 'note'
            when is_replayed then 'replayed'
            else 'waiting'
        end as state
    from records
    left join replays using (target, file_id, line)
),
-- rows that are alike within one file are several; the first of them is the same row as the first of another file
numbered as (
    select
        *,
        row_number() over (partition by target, state, content, file_id order by line) as nth
    from judged
),
arrived as (
    select
        *,
        content is not null and state = 'waiting' as is_known,
        count(*) over same_row as arrivals,
        row_number() over (same_row order by _dlt_load_id desc, source_file desc) as since
    from numbered
    window same_row as (partition by target, state, content, nth)
),
counted as (
    select
        arrived.*,
        if(is_known, arrivals - 1, 0) as times_again,
        -- the value that did not fit, and its length, differ from row to row
        regexp_replace(
            regexp_replace(reason, '''[^'']*''', '…', 'g'), 'text of [0-9]+ characters', '…', 'g'
        ) as alike,
        case
            when state = 'note' then 0
            when line = 0 and state = 'waiting' then greatest(coalesce(rows_of_file, 1), 1)
            else 1
        end as row_count
    from arrived
    left join ledger using (target, file_id)
    where not is_known or since = 1
),
final as (
    select
        target,
        state,
        case
            when count(distinct reason) = 1 then min(reason)
            else min(alike) || ' (' || count(distinct reason) || ' such, one of them: ' || arg_min(reason, line) || ')'
        end as reason,
        source_file,
        sum(row_count)::bigint as row_count,
        min(line) as first_line,
        max(quarantined_at) as last_seen,
        sum(times_again)::bigint as again
    from counted
    group by target, state, alike, source_file
)
select * from final
order by state = 'waiting' desc, state, row_count desc, target, reason, source_file
"""


def quarantine_groups(settings: Settings, channel: str = "") -> list[Group]:
    """Everything in quarantine, grouped; of each channel first what waits, then by number of rows.

    Args:
        settings: of this installation.
        channel: only this one; all that the lake knows when empty.
    """
    groups: list[Group] = []
    with closing(open_duckdb(settings)) as connection:
        for folder in datasets(settings.lake):
            name = channel_of(folder)
            if channel not in ("", name) or not all(reader.has_table(folder, table) for table in _TABLES):
                continue
            tables = {table: reader.all_rows(folder, table) for table in _TABLES}
            # nothing was read since an older release: its rows are told one by one
            has_token = "row_token" in connection.sql(f"from {tables['quarantine']}").columns
            token = "row_token" if has_token else "cast(null as varchar)"
            query = _QUERY.format(loads=reader.completed_loads(folder), row_token=token, **tables)
            groups += [Group(name, *row) for row in connection.execute(query).fetchall()]
    return groups


def waiting_rows(groups: list[Group]) -> int:
    """How many rows wait."""
    return sum(group.rows for group in groups if group.state == WAITING)
