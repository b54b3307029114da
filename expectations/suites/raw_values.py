"""Raw in: not too many of a file's phones, e-mails, id numbers and dates were unreadable.

A personal value that cannot be read is kept in the vault and gets no token: it joins nobody and gets no message, so a
column of them must not go unnoticed. A date or time that cannot be read puts its row into quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from expectations.suite import Check, LakeTable, Sources, Suite
from stores.errors import UserError
from stores.publication import current_publication

# A file with fewer unreadable values than this passes whatever their share.
MIN_UNREADABLE = 5


def relation(sources: Sources) -> str | None:
    """One row per file and column: its values, the unreadable among them, and cells that were filled in vain.

    What people type to fill a field (n/a, 无, 00000000000) counts as an empty cell, and is counted apart.

    What a publication holds already was looked at then, so only files that came since can stop the next one.
    """
    ledgers = sources.lake_tables("file_ledger")
    counts = [query for table in sources.lake for query in _personal(table)]
    counts += [_dates(table, ledger) for table in sources.lake_tables("quarantine") for ledger in ledgers
               if table.channel == ledger.channel]  # fmt: skip
    if not counts or not ledgers:
        return None
    ledger_rows = [f"select '{table.channel}' as channel, * from {table.relation} as ledger" for table in ledgers]
    published = _published_at(sources)
    return f"""
with counted as (
    {" union all by name ".join(counts)}
),
ledger as (
    {" union all by name ".join(ledger_rows)}
),
arrived as (
    select channel, target, file_id, max(ingested_at) as ingested_at
    from ledger
    group by channel, target, file_id
),
shares as (
    select
        counted.channel,
        counted.target,
        counted.source_file,
        counted.file_id,
        counted.column_name,
        counted.given,
        counted.unreadable,
        counted.placeholders,
        case when counted.placeholders >= {MIN_UNREADABLE}
            then counted.placeholders / (counted.given + counted.placeholders) else 0 end as placeholder_share,
        case when counted.unreadable >= {MIN_UNREADABLE} then counted.unreadable / counted.given else 0 end
            as unreadable_share,
        coalesce(arrived.ingested_at > {published}, true) as is_new
    from counted
    left join arrived
        on counted.channel = arrived.channel
        and counted.target = arrived.target
        and counted.file_id = arrived.file_id
    where counted.given > 0 or counted.placeholders > 0
),
final as (
    select *, case when is_new then unreadable_share else 0 end as new_unreadable_share from shares
)
select * from final"""


def _personal(table: LakeTable) -> Iterator[str]:
    """Of every column of phones, e-mails and id numbers; the mask is there whenever the value says something."""
    if not {"_source_file", "_file_id"} <= set(table.columns):
        return
    for name in table.columns:
        stem = name.removesuffix("_source_ref")
        if stem != name and {f"{stem}_token", f"{stem}_mask"} <= set(table.columns):
            yield (
                f"select '{table.channel}' as channel, '{table.name}' as target, _source_file as source_file,"
                f" _file_id as file_id, '{stem}' as column_name, count({stem}_mask) as given,"
                f" count({stem}_mask) - count({stem}_token) as unreadable,"
                f" count(*) filter (where {stem}_source_ref is not null and {stem}_mask is null) as placeholders"
                f" from {table.relation} as raw group by all"
            )


def _dates(quarantine: LakeTable, ledger: LakeTable) -> str:
    """Of every column whose text was no date or no time."""
    pattern = "([a-z0-9_]+): [^;]* is not a (?:date|time)"
    return f"""
    select
        '{quarantine.channel}' as channel, bad.target, bad.source_file, bad.file_id, bad.column_name,
        any_value(files.physical_rows) as given, count(*) as unreadable, 0 as placeholders
    from (
        select distinct target, source_file, file_id, line, unnest(regexp_extract_all(reason, '{pattern}', 1))
            as column_name
        from {quarantine.relation} as quarantined
    ) as bad
    inner join (
        select target, file_id, sum(physical_rows) as physical_rows from {ledger.relation} as ledger group by all
    ) as files on bad.target = files.target and bad.file_id = files.file_id
    group by bad.target, bad.source_file, bad.file_id, bad.column_name
"""


def _published_at(sources: Sources) -> str:
    """SQL for the moment of the last publication in the lake's naive business time."""
    try:
        publication = current_publication(sources.settings)
    except UserError:
        publication = None
    if publication is None:
        return "timestamp '-infinity'"
    local = publication.published_at.astimezone(ZoneInfo(sources.settings.timezone)).replace(tzinfo=None)
    return f"timestamp '{local.isoformat(sep=' ', timespec='seconds')}'"


SUITE = Suite(
    boundary="raw",
    name="raw_values",
    table="raw_*",
    keys=("channel", "target", "source_file", "file_id", "column_name"),
    relation=relation,
    checks=(
        Check(
            name="readable",
            expectation="ExpectColumnValuesToBeBetween",
            column="unreadable_share",
            arguments=lambda limits: {"max_value": limits.unreadable_share},
            severity="warning",
            description_zh="每个文件中无法识别的电话、邮箱、证件号码和日期不超过上限",
            description_en="No file has more than the allowed share of unreadable phones, e-mails, id numbers or dates",
        ),
        Check(
            name="mostly_readable",
            expectation="ExpectColumnValuesToBeBetween",
            column="new_unreadable_share",
            arguments=lambda limits: {"max_value": limits.unreadable_share_critical},
            severity="critical",
            description_zh="新文件中的电话、邮箱、证件号码和日期大多数可以识别",
            description_en="Most phones, e-mails, id numbers and dates of every new file are readable",
            is_acceptable=True,
        ),
        Check(
            name="filled",
            expectation="ExpectColumnValuesToBeBetween",
            column="placeholder_share",
            arguments=lambda limits: {"max_value": limits.placeholder_share},
            severity="warning",
            description_zh="每个文件中用“无”“n/a”“00000000000”等填充的电话、邮箱和证件号码不超过上限",
            description_en="No file has more than the allowed share of phones, e-mails and ids such as n/a or 000000",
        ),
    ),
)
