"""What campaigns brought: one row each over versions, steps, channels and variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.answers import answers
from serving.campaign_plan import PLAN
from serving.published_copy import PublishedCopy, Row

if TYPE_CHECKING:
    import pandas as pd

PERFORMANCE = "campaigns.campaign_performance"
_COUNTS = (
    "planned", "held", "refused", "expired", "cancelled", "sent", "unknown", "delivered", "opened", "clicked",
    "bounced", "failed", "unsubscribed", "complained", "converted", "converted_revenue",
)  # fmt: skip
_SUMS = ", ".join(
    f"cast(sum({name}) as {'decimal(18, 2)' if name == 'converted_revenue' else 'bigint'}) as {name}"
    for name in _COUNTS
)


def campaign_results(published: PublishedCopy) -> list[Row]:
    """Results by campaign. Held-out customers are counted once for each version, over all channels and variants.

    Raises:
        TableMissing: the publication does not have them.
    """
    return published.rows(
        f"""
        with by_version as (
            select
                campaign_id, campaign_version, {_SUMS},
                max(holdout_customers) as holdout_customers, max(holdout_converted) as holdout_converted
            from {PERFORMANCE} group by all
        )
        select
            campaign_id, {_SUMS}, cast(sum(holdout_customers) as bigint) as holdout_customers,
            cast(sum(holdout_converted) as bigint) as holdout_converted
        from by_version group by campaign_id order by campaign_id
        """
    )


def channel_results(published: PublishedCopy, campaign_id: str) -> list[Row]:
    """Results of one campaign by version, step, channel and variant, the newest version first.

    Raises:
        TableMissing: the publication does not have them.
    """
    return published.rows(
        f"""
        select campaign_version, step, channel, variant, {", ".join(_COUNTS)}, holdout_customers, holdout_converted
        from {PERFORMANCE} where campaign_id = ? order by campaign_version desc, step, channel, variant
        """,
        [campaign_id],
    )


@answers("day day, sent whole, delivered whole, clicked whole")
def sent_by_day(published: PublishedCopy, campaign_id: str, days: int) -> pd.DataFrame:
    """Messages of a campaign by the business day on which they left, and what became of them.

    Args:
        published: the publication.
        campaign_id: the campaign.
        days: how many days back from the publication's.
    """
    return published.frame(
        """
        select
            cast(accepted_at as date) as day, count(*) filter (where counted_as = 'sent') as sent,
            count(*) filter (where is_delivered) as delivered, count(*) filter (where is_clicked) as clicked
        from campaigns.campaign_messages
        where
            campaign_id = ?
            and cast(accepted_at as date) > (select max(as_of) from campaigns.campaign_performance) - ?
        group by all order by day
        """,
        [campaign_id, days],
    )


def messages_left(published: PublishedCopy, campaign_id: str) -> int:
    """How many messages of a campaign had left when the publication was made."""
    left = "select count(accepted_at) from campaigns.campaign_messages where campaign_id = ?"
    return int(published.values(left, [campaign_id])[0][0])


def plan_counts(published: PublishedCopy) -> dict[str, dict[str, int]]:
    """Rows of the plan by campaign and decision; `unapproved` are those that only an approval is missing for.

    Raises:
        TableMissing: the publication has no plan.
    """
    counts: dict[str, dict[str, int]] = {}
    for campaign_id, decision, number in published.values(
        f"select campaign_id, decision, count(*) from {PLAN} group by all"
        f" union all select campaign_id, 'unapproved', count(*) from {PLAN} where reason = 'campaign_not_approved'"
        " group by all order by all"
    ):
        counts.setdefault(campaign_id, {})[decision] = number
    return counts
