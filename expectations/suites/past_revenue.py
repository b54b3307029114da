"""Marts out: what a channel sold on days long gone is what the last publication had of them.

A wrong file that gives known orders another amount, customer or day, a file that is read twice, and one that is lost
change the past; each row of it is a valid one.
"""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

DAYS = "warehouse.marts.daily_channel_metrics"
CUSTOMERS = "warehouse.marts.customers"
PUBLISHED = "published.marts.daily_channel_metrics"
PUBLISHED_CUSTOMERS = "published.marts.customers"
# Until then orders come late, are paid and given back.
_SETTLED_AFTER_DAYS = 30
# Of a handful of orders one is a large share.
_FEWEST = 20


def relation(sources: Sources) -> str:
    """One row a channel: the revenue of its settled days as published, and by how much those days differ now.

    The window of daily figures has moved on since: as many of its first days are not compared. A channel that the last
    publication did not have has no past.
    """
    if PUBLISHED not in sources.relations or PUBLISHED_CUSTOMERS not in sources.relations:
        return (
            "select null::varchar as channel, null::double as revenue_before, null::double as changed_revenue,"
            " null::double as changed_share where false"
        )
    return f"""
with bounds as (
    select
        (select min(metric_date) from {PUBLISHED}) + (now.as_of - before.as_of)::int as first_day,
        before.as_of - {_SETTLED_AFTER_DAYS} as last_day
    from (select max(as_of) as as_of from {PUBLISHED_CUSTOMERS}) as before
    cross join (select max(as_of) as as_of from {CUSTOMERS}) as now
    where now.as_of >= before.as_of
),
before as (
    select channel, metric_date, sum(net_revenue)::double as revenue, sum(orders) as orders
    from {PUBLISHED} cross join bounds where metric_date between first_day and last_day group by all
),
now as (
    select channel, metric_date, sum(net_revenue)::double as revenue
    from {DAYS} cross join bounds where metric_date between first_day and last_day group by all
),
compared as (
    select
        coalesce(before.channel, now.channel) as channel,
        coalesce(before.revenue, 0) as revenue_before,
        abs(coalesce(now.revenue, 0) - coalesce(before.revenue, 0)) as changed_revenue,
        coalesce(before.orders, 0) as orders
    from before full join now on before.channel = now.channel and before.metric_date = now.metric_date
),
final as (
    select
        channel,
        sum(abs(revenue_before)) as revenue_before,
        sum(changed_revenue) as changed_revenue,
        case when sum(orders) >= {_FEWEST} then sum(changed_revenue) / nullif(sum(abs(revenue_before)), 0) end
            as changed_share
    from compared
    group by channel
)
select * from final"""


SUITE = Suite(
    boundary="marts",
    name="past_revenue",
    table="marts.daily_channel_metrics",
    keys=("channel", "revenue_before", "changed_revenue"),
    relation=relation,
    requires=(DAYS, CUSTOMERS),
    checks=(
        Check(
            name="is_kept",
            expectation="ExpectColumnValuesToBeBetween",
            column="changed_share",
            arguments=lambda limits: {"max_value": limits.changed_past_share},
            severity="critical",
            description_zh="各渠道 30 天以前的净收入与上次发布基本一致（是否有文件改写了历史订单、重复读取或缺失？）",
            description_en="What each channel sold more than 30 days ago is what the last publication had (did a file "
            "change known orders, or is one read twice or lost?)",
            is_acceptable=True,
        ),
    ),
)
