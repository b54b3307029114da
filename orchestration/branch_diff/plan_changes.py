"""Two plans of campaigns compared, customer by customer: who joined, who left, what is said of whom now and before.

Everything is counted in the database; what comes back has one row for each kind of change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

Row = dict[str, Any]
# Behind every check.
_SENT = 1_000_000


@dataclass(frozen=True)
class Plans:
    """Where the two plans are, as databases of one connection.

    Attributes:
        before: the plan that is compared with.
        after: the plan that is asked about.
        rules: the database whose schema `rules` orders the reasons.
        customers: the database whose redirects say which customers are one today.
    """

    before: str
    after: str
    rules: str
    customers: str


@dataclass
class CampaignChange:
    """What is different about one campaign.

    Attributes:
        before: customers in the audience then.
        after: customers in the audience now.
        joined: those who were not in it.
        left: those who are not in it any more.
        moves: customers by what was said of them `before` and is said `after`: send, the reason why not, or null for
            who was, or is, not in the audience.
        overlaps: customers who get this campaign and another one now, by that other `campaign_id`.
        collisions: customers whose slots of the frequency cap another campaign takes, by that `campaign_id`.
        channels: messages to send by channel and destination, `before` and `after`; also those that only an approval
            is missing for.
        positions: of a journey how many stand at each step, `before` and `after`.
    """

    before: int = 0
    after: int = 0
    joined: int = 0
    left: int = 0
    moves: list[Row] = field(default_factory=list)
    overlaps: list[Row] = field(default_factory=list)
    collisions: list[Row] = field(default_factory=list)
    channels: list[Row] = field(default_factory=list)
    positions: list[Row] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is said otherwise of anybody."""
        moved = any(one["before"] != one["after"] for one in (*self.moves, *self.positions))
        return moved or any(one["before"] != one["after"] for one in self.channels)


def plan_changes(
    connection: duckdb.DuckDBPyConnection, plans: Plans, campaigns: list[str]
) -> dict[str, CampaignChange]:
    """Compare two plans.

    Args:
        connection: one that has the databases attached.
        plans: which they are.
        campaigns: those to look at.

    Returns:
        By campaign, in the order given; a campaign that neither plan has is without numbers.
    """
    found = {name: CampaignChange() for name in campaigns}
    for side in ("before", "after"):
        connection.execute(_said(plans, side), [campaigns])
    for row in _rows(connection, _MOVES):
        change = found[row.pop("campaign_id")]
        change.moves.append(row)
        change.before += row["customers"] if row["before"] else 0
        change.after += row["customers"] if row["after"] else 0
        change.joined += row["customers"] if not row["before"] else 0
        change.left += row["customers"] if not row["after"] else 0
    for kind, sql in (
        ("overlaps", _overlaps(plans)),
        ("collisions", _collisions(plans)),
        ("channels", _channels(plans)),
    ):
        for row in _rows(connection, sql, [campaigns]):
            getattr(found[row.pop("campaign_id")], kind).append(row)
    if _has(connection, plans.before) and _has(connection, plans.after):
        for row in _rows(connection, _positions(plans), [campaigns]):
            found[row.pop("campaign_id")].positions.append(row)
    return found


def _said(plans: Plans, side: str) -> str:
    """One row a customer and campaign: send, or the reason of the message that came furthest in the order of checks."""
    plan = getattr(plans, side)
    return f"""
    create or replace temp table said_{side} as
    with today as (
        select retired_customer_id, any_value(customer_id) as customer_id
        from {plans.customers}.marts.customer_id_redirects group by retired_customer_id
    ),
    placed as (
        select
            plan.campaign_id,
            coalesce(today.customer_id, plan.customer_id) as customer_id,
            case when plan.decision = 'send' then 'send' else coalesce(plan.reason, 'unknown') end as said,
            case when plan.decision = 'send' then {_SENT} else coalesce(cast(reasons.position as int), 0) end as place
        from {plan}.campaigns.campaign_plan as plan
        left join {plans.rules}.rules.plan_reasons as reasons on plan.reason = reasons.reason
        left join today on plan.customer_id = today.retired_customer_id
        where plan.campaign_id in (select unnest(?))
    )
    select campaign_id, customer_id, arg_max(said, place) as said from placed group by all"""


_MOVES = """
    select coalesce(a.campaign_id, b.campaign_id) as campaign_id, b.said as before, a.said as after,
        count(*) as customers
    from said_before as b full join said_after as a using (campaign_id, customer_id)
    group by 1, 2, 3 order by campaign_id, customers desc, before, after"""


def _overlaps(plans: Plans) -> str:
    return f"""
    with sends as (
        select distinct campaign_id, customer_id from {plans.after}.campaigns.campaign_plan where decision = 'send'
    )
    select mine.campaign_id, other.campaign_id as other, count(*) as customers
    from sends as mine inner join sends as other
        on mine.customer_id = other.customer_id and mine.campaign_id <> other.campaign_id
    where mine.campaign_id in (select unnest(?))
    group by all order by mine.campaign_id, customers desc, other"""


def _collisions(plans: Plans) -> str:
    plan = f"{plans.after}.campaigns.campaign_plan"
    return f"""
    with capped as (
        select distinct campaign_id, customer_id, cap_class from {plan}
        where reason = 'frequency_cap' and campaign_id in (select unnest(?))
    ),
    sends as (select distinct campaign_id, customer_id, cap_class from {plan} where decision = 'send')
    select capped.campaign_id, coalesce(sends.campaign_id, '') as other, count(*) as customers
    from capped left join sends
        on capped.customer_id = sends.customer_id
        and capped.cap_class = sends.cap_class
        and capped.campaign_id <> sends.campaign_id
    group by all order by capped.campaign_id, customers desc, other"""


def _channels(plans: Plans) -> str:
    return f"""
    with messages as (
        select campaign_id, channel, destination, 1 as before, 0 as after
        from {plans.before}.campaigns.campaign_plan where fields is not null
        union all
        select campaign_id, channel, destination, 0 as before, 1 as after
        from {plans.after}.campaigns.campaign_plan where fields is not null
    )
    select campaign_id, channel, destination, sum(before)::bigint as before, sum(after)::bigint as after
    from messages where campaign_id in (select unnest(?))
    group by all order by all"""


def _positions(plans: Plans) -> str:
    return f"""
    with standing as (
        select journey_id as campaign_id, step, 1 as before, 0 as after from {plans.before}.campaigns.journey_runs
        where is_live
        union all
        select journey_id as campaign_id, step, 0 as before, 1 as after from {plans.after}.campaigns.journey_runs
        where is_live
    )
    select campaign_id, step, sum(before)::bigint as before, sum(after)::bigint as after
    from standing where campaign_id in (select unnest(?))
    group by all order by all"""


def _has(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    where = "database_name = ? and schema_name = 'campaigns' and {0}_name = 'journey_runs'"
    asked = " union all ".join(
        f"select 1 from duckdb_{kind}s() where {where.format(kind)}" for kind in ("table", "view")
    )
    return connection.execute(asked, [database, database]).fetchone() is not None


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None) -> list[Row]:
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
