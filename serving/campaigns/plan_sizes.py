"""How large the plan of each campaign is, of what no second person approved: messages, cost, share of all customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serving.campaign_plan import PLAN
from serving.published_copy import PublishedCopy
from serving.rules import SCHEMA, rule_rows

if TYPE_CHECKING:
    import pyarrow as pa

LIMITS = "approval_limits"
CUSTOMERS = "marts.customers"
# What sizes are made and judged by, besides the plan.
SEEDS = (LIMITS, "message_prices", "message_channels", "rule_thresholds")

_KEY = ("campaign_id", "campaign_version", "step", "customer_id", "channel", "occurrence")
_IS_APPROVED = " and ".join(f"approved_messages.{name} = plan.{name}" for name in _KEY)
# What is sent, and what would be once its campaign is approved.
_IS_MEANT = "(decision = 'send' or reason = 'campaign_not_approved')"
_SIZES = f"""
with prices as (
    select
        channel,
        max(
            cast(message_prices.price as double)
            * case when cast(message_channels.follows_sms_rules as boolean) then cast(parts.value as double) else 1 end
        ) as price
    from {SCHEMA}.message_prices
    inner join {SCHEMA}.message_channels using (channel)
    left join {SCHEMA}.rule_thresholds as parts on parts.rule = 'sms_parts_planned'
    group by channel
)
select
    campaign_id,
    count(*) as messages,
    count(distinct customer_id) as customers,
    case when count(*) = count(price) then sum(price) end as cost
from {PLAN} as plan
left join prices using (channel)
where {_IS_MEANT} and list_contains(?, campaign_id) and {{is_unseen}}
group by campaign_id
"""
_IS_UNSEEN = f"not exists (select 1 from approved_messages where {_IS_APPROVED})"


@dataclass(frozen=True)
class PlanSize:
    """How much of a campaign's plan no second person approved.

    Attributes:
        messages: that are sent, or would be once the campaign is approved.
        customers: who get one of them.
        cost: of all, in the reporting currency, each by the dearest price of its channel, as a budget counts it; None
            where a channel has no price.
        share: of all customers, 0 to 1; None where nobody can tell how many there are.
    """

    messages: int = 0
    customers: int = 0
    cost: float | None = 0.0
    share: float | None = 0.0


@dataclass(frozen=True)
class ApprovalLimit:
    """A row of the seed `approval_limits`.

    Attributes:
        most: the highest value that one person may approve.
        name_zh: what the measure is called in Chinese.
        name_en: and in English.
    """

    most: float
    name_zh: str
    name_en: str


def read_limits(published: PublishedCopy) -> dict[str, ApprovalLimit]:
    """What one person may approve alone, by measure; without a measure of which the seed has no row.

    Raises:
        TableMissing: the publication has no such seed.
    """
    return {
        row["measure"]: ApprovalLimit(float(row["most"]), row["name_zh"], row["name_en"])
        for row in rule_rows(published, LIMITS)
    }


def plan_sizes(
    published: PublishedCopy, campaigns: Iterable[str], approved: pa.Table | None = None
) -> dict[str, PlanSize]:
    """The size of the plan of each campaign; without campaigns of which nothing is to be sent.

    Args:
        published: the publication.
        campaigns: their ids.
        approved: messages that a second person approved, see `planned_keys`; None for none.

    Raises:
        TableMissing: the publication has no plan, or lacks the seeds of `SEEDS`.
    """
    if approved is not None:
        published.bring("approved_messages", approved)
    sizes = _SIZES.format(is_unseen="true" if approved is None else _IS_UNSEEN)
    everybody = int(published.values(f"select count(*) from {CUSTOMERS}")[0][0]) if published.has(CUSTOMERS) else 0
    return {
        row["campaign_id"]: PlanSize(
            row["messages"],
            row["customers"],
            None if row["cost"] is None else round(row["cost"], 2),
            row["customers"] / everybody if everybody else None,
        )
        for row in published.rows(sizes, [list(campaigns)])
    }


def planned_keys(published: PublishedCopy, campaigns: Iterable[str]) -> pa.Table:
    """What tells the messages apart that the plan means to send of some campaigns.

    Args:
        published: a publication.
        campaigns: their ids.

    Raises:
        TableMissing: the publication has no plan.
    """
    asked = list(campaigns)
    return published.arrow(
        f"select {', '.join(_KEY)} from {PLAN} where {_IS_MEANT} and list_contains(?, campaign_id)", [asked]
    )
