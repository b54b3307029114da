"""Raw in: every row of every file is accounted for, and not too many of a file were unreadable."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

# A file with fewer quarantined rows than this passes whatever their share: two bad rows of ten are not a bad export.
MIN_QUARANTINED_ROWS = 5


def relation(sources: Sources) -> str | None:
    """One row per channel, table and file: what it held, what was loaded and quarantined, what the lake still has.

    A file that was delivered again under its name (fixed, after rows were quarantined) is judged by its last delivery.
    """
    ledgers = [
        f"select '{table.channel}' as channel, * from {table.relation} as ledger"
        for table in sources.lake_tables("file_ledger")
    ]
    if not ledgers:
        return None
    rows = [
        f"select '{table.channel}' as channel, '{table.name}' as target, _file_id as file_id, count(*) as rows_in_lake"
        f" from {table.relation} as raw group by all"
        for table in sources.lake
        if "_file_id" in table.columns
    ]
    no_rows = "select null::text as channel, null::text as target, null::text as file_id, 0 as rows_in_lake where false"
    return f"""
with ledger as (
    {" union all by name ".join(ledgers)}
),
lake_rows as (
    {" union all ".join(rows) or no_rows}
),
files as (
    select
        channel,
        target,
        source_file,
        file_id,
        sum(physical_rows) as physical_rows,
        sum(loaded_rows) as loaded_rows,
        sum(quarantined_rows) as quarantined_rows,
        row_number() over (
            partition by channel, target, source_file order by max(ingested_at) desc, file_id
        ) = 1 as is_last
    from ledger
    group by channel, target, source_file, file_id
),
final as (
    select
        files.channel,
        files.target,
        files.source_file,
        files.file_id,
        files.physical_rows - files.loaded_rows - files.quarantined_rows as rows_unaccounted,
        greatest(files.loaded_rows - coalesce(lake_rows.rows_in_lake, 0), 0) as rows_lost,
        files.loaded_rows > 0 or files.quarantined_rows = 0 or not files.is_last as is_readable,
        case
            when files.quarantined_rows >= {MIN_QUARANTINED_ROWS} and files.loaded_rows > 0 and files.is_last
                then files.quarantined_rows / files.physical_rows
            else 0
        end as quarantined_share
    from files
    left join lake_rows
        on files.channel = lake_rows.channel
        and files.target = lake_rows.target
        and files.file_id = lake_rows.file_id
)
select * from final"""


SUITE = Suite(
    boundary="raw",
    name="file_ledger",
    table="file_ledger",
    keys=("channel", "target", "source_file", "file_id"),
    relation=relation,
    checks=(
        Check(
            name="rows_reconcile",
            expectation="ExpectColumnValuesToBeBetween",
            column="rows_unaccounted",
            arguments={"min_value": 0, "max_value": 0},
            severity="critical",
            description_zh="每个文件的物理行数等于入库行数加隔离行数",
            description_en="Every file's physical rows are its loaded rows plus its quarantined rows",
        ),
        Check(
            name="no_row_lost",
            expectation="ExpectColumnValuesToBeBetween",
            column="rows_lost",
            arguments={"min_value": 0, "max_value": 0},
            severity="critical",
            description_zh="台账记为已入库的行都在原始湖中",
            description_en="Every row that the ledger calls loaded is in the lake",
        ),
        Check(
            name="quarantined_share",
            expectation="ExpectColumnValuesToBeBetween",
            column="quarantined_share",
            arguments=lambda limits: {"max_value": limits.quarantined_share},
            severity="critical",
            description_zh="单个文件的隔离行占比不超过上限",
            description_en="No file has more than the allowed share of its rows in quarantine",
            is_acceptable=True,
        ),
        # Nothing of it came in, so the data is what it was before: a matter for people, not a reason to stop.
        Check(
            name="files_readable",
            expectation="ExpectColumnValuesToBeInSet",
            column="is_readable",
            arguments={"value_set": [True]},
            severity="warning",
            description_zh="没有整个被隔离的文件",
            description_en="No file went to quarantine whole",
        ),
    ),
)
