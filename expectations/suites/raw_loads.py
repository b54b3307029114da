"""Raw in: the newest load is about as large as usual, and every channel has brought something lately."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

# The newest load against the median of the ones before it, once there are enough of them to know what is usual.
HISTORY_LOADS = 5
SMALLEST_RATIO, LARGEST_RATIO = 0.1, 10.0


def relation(sources: Sources) -> str | None:
    """One row per channel and table: its newest load against the usual, hours that news is overdue."""
    ledgers = [
        f"select '{table.channel}' as channel, target, _dlt_load_id, loaded_rows, ingested_at"
        f" from {table.relation} as ledger"
        for table in sources.lake_tables("file_ledger")
    ]
    if not ledgers:
        return None
    limits = [f"('{channel}', {float(hours)})" for channel, hours in sources.freshness_hours.items()]
    allowed = ", ".join(limits) or "('', 0.0)"
    now = sources.settings.now().replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    return f"""
with allowed as (
    select * from (values {allowed}) as listed (channel, hours)
),
ledger as (
    {" union all ".join(ledgers)}
),
loads as (
    select
        channel,
        target,
        _dlt_load_id,
        sum(loaded_rows) as loaded_rows,
        max(ingested_at) as ingested_at
    from ledger
    group by channel, target, _dlt_load_id
),
numbered as (
    select
        *,
        row_number() over (partition by channel, target order by ingested_at desc, _dlt_load_id desc) as age
    from loads
),
final as (
    select
        channel,
        target,
        case
            when count(*) > {HISTORY_LOADS}
                then max(loaded_rows) filter (where age = 1) / nullif(median(loaded_rows) filter (where age > 1), 0)
        end as newest_against_usual,
        date_diff('minute', max(max(ingested_at)) over (partition by channel), timestamp '{now}') / 60.0
            - any_value(allowed.hours) as hours_overdue
    from numbered
    left join allowed using (channel)
    group by channel, target
)
select * from final"""


SUITE = Suite(
    boundary="raw",
    name="raw_loads",
    table="file_ledger",
    keys=("channel", "target"),
    relation=relation,
    checks=(
        Check(
            name="usual_volume",
            expectation="ExpectColumnValuesToBeBetween",
            column="newest_against_usual",
            arguments={"min_value": SMALLEST_RATIO, "max_value": LARGEST_RATIO},
            severity="warning",
            description_zh="最近一次入库的行数与以往相比没有异常",
            description_en="The newest load is about as large as the ones before it",
        ),
        Check(
            name="fresh",
            expectation="ExpectColumnValuesToBeBetween",
            column="hours_overdue",
            arguments={"max_value": 0},
            severity="warning",
            description_zh="每个渠道近期都有新数据",
            description_en="Every channel has brought something lately",
        ),
    ),
)
