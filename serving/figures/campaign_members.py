"""The customers behind the figures of campaigns, one row for each message that a figure counts."""

from __future__ import annotations

from datetime import date

from serving.campaign_plan import PLAN
from serving.campaign_results import PERFORMANCE
from serving.segments import Audience

# What the plan says of a row; one is meant when it is sent, or would be once its campaign is approved.
_PLANNED = {
    "": "true",
    "send": "decision = 'send'",
    "hold": "decision = 'hold'",
    "refuse": "decision = 'refuse'",
    "waiting": "decision <> 'send' and fields is not null",
}
_AUDIENCE = {"": "true", "holdout": "is_holdout"}
# What became of a message, and of who is held out.
_MESSAGES = {
    "planned": "true",
    "sent": "counted_as = 'sent'",
    "delivered": "is_delivered",
    "opened": "is_opened",
    "clicked": "is_clicked",
    "converted": "is_converted",
}
_HOLDOUTS = {"held_out": "true", "converted": "is_converted"}


def planned(which: str) -> Audience:
    """Rows of the plan of all campaigns, written `<decision>` or `<decision>.<reason>`."""
    decision, _, reason = which.partition(".")
    return Audience(
        "planned",
        f"select customer_id from {PLAN} where decision = ? and ? in ('', coalesce(reason, decision))",
        (decision, reason),
    )


def planned_of_campaign(which: str) -> Audience:
    """Rows of the plan of one campaign, written `<campaign>.<what>.<reason>.<step>.<channel>.<variant>`.

    What stands empty, or is left out at the end, is any; <what> is a key of `_PLANNED`.
    """
    campaign, what, *narrower = parts(which, 6)
    return Audience(
        "planned_of_campaign",
        f"""
        select customer_id from {PLAN}
        where
            campaign_id = ? and {_known(_PLANNED, what, which)} and ? in ('', coalesce(reason, decision))
            and ? in ('', cast(step as varchar)) and ? in ('', channel) and ? in ('', variant)
        """,
        (campaign, *narrower),
    )


def audience_of_campaign(which: str) -> Audience:
    """Whom the plan looked at, written `<campaign>`, or holds out for comparison, `<campaign>.holdout`; each once."""
    campaign, what = parts(which, 2)
    where = _known(_AUDIENCE, what, which)
    return Audience(
        "audience_of_campaign",
        f"select customer_id from {PLAN} where campaign_id = ? and {where} group by customer_id",
        (campaign,),
    )


def messages(which: str) -> Audience:
    """Messages of the ledger, written `<campaign>.<what>.<channel>.<version>.<variant>.<day>`.

    An empty campaign is every one; else as `planned_of_campaign`; <what> is a key of `_MESSAGES`, <day> the one
    on which they left.
    """
    campaign, what, *narrower, day = parts(which, 6)
    if day:
        date.fromisoformat(day)
    return Audience(
        "messages",
        f"""
        select customer_id from campaigns.campaign_messages
        where
            {_known(_MESSAGES, what, which)} and ? in ('', campaign_id) and ? in ('', channel)
            and ? in ('', cast(campaign_version as varchar)) and ? in ('', variant)
            and ? in ('', cast(cast(accepted_at as date) as varchar))
        """,
        (campaign, *narrower, day),
    )


def holdouts(which: str) -> Audience:
    """Who is held out, once a version, written `<campaign>.<what>.<version>.<channel>`.

    <what> is a key of `_HOLDOUTS`; of a channel, in the versions that have it.
    """
    campaign, what, version, channel = parts(which, 4)
    return Audience(
        "holdouts",
        f"""
        select customer_id from campaigns.campaign_holdout_customers
        where
            campaign_id = ? and {_known(_HOLDOUTS, what, which)} and ? in ('', cast(campaign_version as varchar))
            and campaign_version in (
                select campaign_version from {PERFORMANCE} where campaign_id = ? and ? in ('', channel)
            )
        """,
        (campaign, version, campaign, channel),
    )


def parts(which: str, most: int) -> list[str]:
    """The parts of what an address says, those left out at the end as empty ones.

    Args:
        which: with a dot between the parts.
        most: how many there can be.

    Raises:
        ValueError: there are more.
    """
    found = which.split(".")
    if len(found) > most:
        raise ValueError(which)
    return found + [""] * (most - len(found))


def _known(conditions: dict[str, str], what: str, which: str) -> str:
    """One of our own conditions: no text from elsewhere becomes SQL."""
    if what not in conditions:
        raise ValueError(which)
    return conditions[what]
