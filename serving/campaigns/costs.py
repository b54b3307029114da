"""What campaigns and journeys cost, line by line of their budget, and what that brought beyond the hold-out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from serving.published_copy import PublishedCopy

COSTS = "campaigns.campaign_costs"
RETURNS = "campaigns.campaign_returns"


@dataclass(frozen=True)
class CostLine:
    """A line of a budget; amounts are in the reporting currency, None where they are not known.

    Attributes:
        line: its code in the seed budget_lines.
        name_zh, name_en: what it is called.
        budgeted: its share of the total budget.
        counted: cost of messages, or of offers that were taken up.
        booked: what people booked.
        spent: both together.
    """

    line: str
    name_zh: str
    name_en: str
    budgeted: Decimal | None
    counted: Decimal | None
    booked: Decimal
    spent: Decimal | None


@dataclass(frozen=True)
class CampaignReturn:
    """A version's cost beside what it brought beyond its hold-out; None where something is not known.

    Attributes:
        campaign_version: of the file.
        budgeted, spent: of all lines, in the reporting currency.
        incremental_conversions: beyond the hold-out; `_low` and `_high` end its 95 % interval, as of all that follow.
        incremental_revenue: in the reporting currency.
        cost_per_incremental_conversion: None where there are none; its high end where there may be none.
        net_return: incremental revenue less the cost.
    """

    campaign_version: int
    budgeted: Decimal | None
    spent: Decimal | None
    incremental_conversions: float | None
    incremental_conversions_low: float | None
    incremental_conversions_high: float | None
    incremental_revenue: float | None
    incremental_revenue_low: float | None
    incremental_revenue_high: float | None
    cost_per_incremental_conversion: float | None
    cost_per_incremental_conversion_low: float | None
    cost_per_incremental_conversion_high: float | None
    net_return: float | None
    net_return_low: float | None
    net_return_high: float | None


def cost_lines(published: PublishedCopy, campaign_id: str, version: int) -> list[CostLine]:
    """The lines of a version's budget in their order.

    Raises:
        TableMissing: the publication was made by an older release.
    """
    found = published.rows(
        f"""
        select costs.line, lines.name_zh, lines.name_en, costs.budgeted, costs.counted, costs.booked, costs.spent
        from {COSTS} as costs
        inner join rules.budget_lines as lines on costs.line = lines.line
        where costs.campaign_id = ? and costs.campaign_version = ?
        order by costs.position
        """,
        [campaign_id, version],
    )
    return [CostLine(**row) for row in found]


def campaign_returns(published: PublishedCopy, campaign_id: str) -> list[CampaignReturn]:
    """What each version cost and brought, the newest version first.

    Raises:
        TableMissing: the publication was made by an older release.
    """
    names = ", ".join(CampaignReturn.__dataclass_fields__)
    found = published.rows(
        f"select {names} from {RETURNS} where campaign_id = ? order by campaign_version desc", [campaign_id]
    )
    return [CampaignReturn(**row) for row in found]
