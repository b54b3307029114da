"""What the publication knows of one message: its place in the plan, what lost to it, and what it brought."""

from __future__ import annotations

from serving.campaign_plan import PLAN
from serving.published_copy import PublishedCopy, Row

MESSAGES = "campaigns.campaign_messages"
CONVERSIONS = "campaigns.campaign_conversions"


def plan_row(published: PublishedCopy, message: Row) -> Row:
    """The plan's row that a message was made of; empty where this publication has another plan.

    Args:
        published: a publication.
        message: with campaign_id, campaign_version, occurrence, customer_id, channel and step.
    """
    names = ("campaign_id", "campaign_version", "occurrence", "customer_id", "channel", "step")
    return published.first(
        f"select * from {PLAN} where {' and '.join(f'{name} = ?' for name in names)}",
        [message[name] for name in names],
    )


def place(published: PublishedCopy, row: Row) -> tuple[int, int]:
    """Where a row of the plan stands among those of its customer, by priority and then expected value, and of how many.

    The rows of one message on several channels count once; drafts and those held out compete for nothing.

    Args:
        published: the publication with the row.
        row: of the plan.
    """
    (found,) = published.values(
        f"""
        with offers as (
            select campaign_id, step, max(priority) as priority, max(expected_value) as expected_value
            from {PLAN} where customer_id = ? and is_approved and not is_holdout
            group by all
        )
        select
            count(*) filter (
                where (campaign_id, step) <> (?, ?)
                and (priority > ? or (priority = ? and expected_value > ?))
            ) + 1,
            count(*)
        from offers
        """,
        [
            row["customer_id"], row["campaign_id"], row["step"], row["priority"], row["priority"],
            row["expected_value"],
        ],
    )  # fmt: skip
    return int(found[0]), int(found[1])


def lost_to(published: PublishedCopy, row: Row) -> list[Row]:
    """The customer's other rows of the plan that got nothing because this campaign had the last of a limit.

    Args:
        published: the publication with the row.
        row: of the plan.
    """
    return published.rows(
        f"""
        select campaign_id, step, channel, reason, reasons from {PLAN}
        where customer_id = ? and lost_to = ? order by campaign_id, step, channel
        """,
        [row["customer_id"], row["campaign_id"]],
    )


def result(published: PublishedCopy, delivery_id: str) -> Row:
    """What became of a message, as the results count it; empty where the publication does not know it yet."""
    return published.first(f"select * from {MESSAGES} where delivery_id = ?", [delivery_id])


def conversions(published: PublishedCopy, delivery_id: str) -> list[Row]:
    """What was achieved after a message and counts for it, the first event first; none in an older publication."""
    if not published.has(CONVERSIONS):
        return []
    return published.rows(
        f"select event_id, goal, net_amount, occurred_at from {CONVERSIONS} where delivery_id = ? order by occurred_at",
        [delivery_id],
    )
