"""Who would enter a journey: members of its segment, or whoever did what it lets in by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from serving.published_copy import PublishedCopy

# What customers did, by the events of journeys. Registering is no entry of the timeline.
_DONE = """
    select events.event, timeline.customer_id, timeline.occurred_at
    from marts.customer_timeline as timeline
    inner join rules.journey_events as events
        on timeline.kind = case events.source
            when 'interaction' then events.interaction_kind
            else events.source
        end
    union all
    select events.event, customers.customer_id, customers.registered_at as occurred_at
    from marts.customers as customers
    inner join rules.journey_events as events on events.source = 'profile'
"""


# Who is inside another journey that keeps a customer out.
_KEPT_OUT = (
    "customer_id in (select customer_id from campaigns.journey_runs where is_live and list_contains(?, journey_id))"
)


def members_to_enter(published: PublishedCopy, segment: str, unless_in: Sequence[str] = ()) -> int:
    """How many members a segment has: who would enter a journey that nobody entered yet.

    Args:
        published: the publication.
        segment: its name.
        unless_in: journeys that keep out who is inside.

    Raises:
        TableMissing: the publication has no segments, or no journeys where some keep customers out.
    """
    found = published.values(
        "select count(*) from segments.segment_members where segment = ?"
        f"{f' and not ({_KEPT_OUT})' if unless_in else ''}",
        [segment, *([list(unless_in)] if unless_in else [])],
    )
    return int(found[0][0])


def doers_to_enter(published: PublishedCopy, event: str, days: int, today: date, unless_in: Sequence[str] = ()) -> int:
    """How many customers did something lately: who would enter a journey by that event.

    Args:
        published: the publication.
        event: a row of the seed `journey_events`.
        days: how many days count, today among them.
        today: the last of them.
        unless_in: journeys that keep out who is inside.

    Raises:
        TableMissing: the publication was made by a release without journeys.
    """
    found = published.values(
        f"""
        select count(distinct customer_id) from ({_DONE}) as done
        where event = ? and date_diff('day', cast(occurred_at as date), cast(? as date)) between 0 and ? - 1
        {f"and not ({_KEPT_OUT})" if unless_in else ""}
        """,
        [event, today, days, *([list(unless_in)] if unless_in else [])],
    )
    return int(found[0][0])


def last_did(published: PublishedCopy, customer_id: str, event: str) -> datetime | None:
    """When a customer last did what a journey lets in by; None where nothing of it is known.

    Args:
        published: the publication.
        customer_id: of today.
        event: a row of the seed `journey_events`.

    Raises:
        TableMissing: the publication was made by a release without journeys.
    """
    asked = f"select max(occurred_at) from ({_DONE}) as done where customer_id = ? and event = ?"
    last: datetime | None = published.values(asked, [customer_id, event])[0][0]
    return last
