"""Every figure that leads to its members: who they are under the chosen filters, and which filters it can follow."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import date
from typing import Literal

from serving import segments
from serving.figures import campaign_members, history_members, insight_members, journey_members
from serving.figures.filters import DIMENSIONS, Dimension, Filters, among, in_place, on_days
from serving.published_copy import PublishedCopy
from serving.segments import Audience

_MOVE = re.compile(r"([a-z_]*)\.([a-z_]+)\.(\d{4}-\d{2}-\d{2})")
_CELL = re.compile(r"([1-5])-([1-5])")
Members = Callable[[Filters, str], Audience]


@dataclass(frozen=True)
class Figure:
    """A number of customers, or of what there is of them.

    Attributes:
        knows: what it can be narrowed by; other filters would be passed over in silence.
        members: its customers, from the filters and from which one of its kind it is, such as the stage.
        counts: what the number is of; where it is not customers, `members` has a row for each: a message, a
            customer and the version of a campaign that they are held out of, a step from one stage to another, a
            passage of a customer through a journey, a task that one set.
    """

    knows: frozenset[Dimension]
    members: Members
    counts: Literal["customers", "messages", "holdouts", "steps", "runs", "tasks"] = "customers"


def unknown_to(figure: str, used: frozenset[Dimension]) -> list[Dimension]:
    """Which of the filters in use the figure cannot follow, in a fixed order."""
    return [name for name in DIMENSIONS if name in used - FIGURES[figure].knows]


def audience(figure: str, filters: Filters, which: str = "") -> Audience:
    """The customers behind a figure.

    Args:
        figure: a key of `FIGURES`.
        filters: what was chosen.
        which: the stage, segment … where there are several of its kind.

    Raises:
        ValueError: `which` is none that there can be.
    """
    found = _counted(figure, filters, which)
    if FIGURES[figure].counts == "customers":
        return found
    return Audience(found.key, f"select customer_id from ({found.sql}) as found group by customer_id", found.parameters)


def count(published: PublishedCopy, figure: str, filters: Filters, which: str = "") -> int:
    """How many customers a figure has; see `audience`."""
    return segments.count(published, audience(figure, filters, which))


def amount(published: PublishedCopy, figure: str, filters: Filters, which: str = "") -> int:
    """The figure itself: how many customers, or how many messages to them, hold-outs of them; see `audience`."""
    return segments.count(published, _counted(figure, filters, which))


def _counted(figure: str, filters: Filters, which: str) -> Audience:
    """A row for everything that the figure counts."""
    if "period" not in FIGURES[figure].knows:
        filters = filters.at_any_time()
    found = FIGURES[figure].members(filters, which)
    digest = hashlib.sha256(repr((which, astuple(filters))).encode()).hexdigest()[:8]
    return Audience(f"{figure}_{digest}", found.sql, found.parameters)


def by_channel(published: PublishedCopy, until: date) -> dict[str, int]:
    """How many customers each channel knows by a day: the figure `customers` of every channel, in one question."""
    found = published.values(
        "select known.channel, count(*) from marts.customer_channel_summary as known"
        " inner join marts.customers as customers on known.customer_id = customers.customer_id"
        " where (known.first_seen_at is null or cast(known.first_seen_at as date) <= ?)"
        " and (customers.first_seen_at is null or cast(customers.first_seen_at as date) <= ?) group by known.channel",
        (until, until),
    )
    return dict(found)


def _customers(filters: Filters, _: str) -> Audience:
    """Known by the last of the days; of whom nobody knows since when, always."""
    where, values = among(filters)
    return Audience(
        "customers",
        "select customer_id from marts.customers"
        f" where (first_seen_at is null or cast(first_seen_at as date) <= ?) and {where}",
        (filters.until, *values),
    )


def _merged(filters: Filters, which: str) -> Audience:
    where, values = among(filters)
    sql = f"select customer_id from marts.customers where source_profiles > 1 and {where}"
    return Audience("merged", sql, values)


def _new(filters: Filters, _: str) -> Audience:
    """First seen on the days, in the channel that they came through first."""
    where, values = (" and first_channel = ?", (filters.channel,)) if filters.channel else ("", ())
    return Audience(
        "new",
        f"select customer_id from marts.customers where cast(first_seen_at as date) between ? and ?{where}",
        (filters.since, filters.until, *values),
    )


def _who(what: str) -> Members:
    """Customers who did something on the days, each once."""

    def members(filters: Filters, _: str) -> Audience:
        where, values = on_days("activity_day", filters)
        sql = f"select customer_id from marts.customer_daily_activity where {where} and ({what}) group by customer_id"
        return Audience("did", sql, values)

    return members


def _repeat_buyers(filters: Filters, _: str) -> Audience:
    """Of those who bought there on the days, who bought before them, or more than once on them, wherever that was."""
    where, values = in_place(filters)
    return Audience(
        "repeat",
        f"""
        select a.customer_id
        from marts.customer_daily_activity as a
        inner join marts.customers as c on a.customer_id = c.customer_id
        where a.activity_day between ? and ? and a.purchases > 0
        group by a.customer_id
        having bool_or(true{where}) and (sum(a.purchases) > 1 or cast(min(c.first_purchase_at) as date) < ?)
        """,
        (filters.since, filters.until, *values, filters.since),
    )


def _now(table: str, condition: str, parts: int = 1) -> Members:
    """Customers of whom something holds as of the publication, `which` being the values of the condition."""

    def members(filters: Filters, which: str) -> Audience:
        chosen = which.split(".")
        if len(chosen) != parts:
            raise ValueError(which)
        where, values = among(filters)
        sql = f"select customer_id from {table} where {condition} and {where}"
        return Audience("now", sql, (*chosen, *values))

    return members


def _narrowed(make: Callable[[str], Audience]) -> Members:
    def members(filters: Filters, which: str) -> Audience:
        found = make(which)
        where, values = among(filters)
        sql = f"select customer_id from ({found.sql}) as found where {where}"
        return Audience(found.key, sql, (*found.parameters, *values))

    return members


def _moved(which: str) -> Audience:
    """Written `<stage before>.<stage now>.<day>`; nothing before: not yet known then."""
    found = _MOVE.fullmatch(which)
    if not found:
        raise ValueError(which)
    return segments.moved(found[1] or None, found[2], date.fromisoformat(found[3]))


def _cell(which: str) -> Audience:
    """Written `<r>-<f>`."""
    found = _CELL.fullmatch(which)
    if not found:
        raise ValueError(which)
    return segments.rfm_cell(int(found[1]), int(found[2]))


def _stage_on(which: str) -> Audience:
    """Written `<stage>.<day>`."""
    stage, _, day = which.partition(".")
    return segments.stage_on(stage, date.fromisoformat(day))


_ALL: frozenset[Dimension] = frozenset({"period", "channel", "store"})
_DAYS: frozenset[Dimension] = frozenset({"period", "channel"})
_PLACE: frozenset[Dimension] = frozenset({"channel", "store"})
_NONE: frozenset[Dimension] = frozenset()

# Interactions and complaints happen in no store, and nobody knows in which one a customer was first seen.
FIGURES: dict[str, Figure] = {
    "customers": Figure(_ALL, _customers),
    "new_customers": Figure(_DAYS, _new),
    "active_customers": Figure(_DAYS, _who("interactions > 0 or purchases > 0")),
    "buyers": Figure(_ALL, _who("orders > 0")),
    "kept_buyers": Figure(_ALL, _who("purchases > 0")),
    "repeat_buyers": Figure(_ALL, _repeat_buyers),
    "interactions": Figure(_DAYS, _who("interactions > 0")),
    "complaints": Figure(_DAYS, _who("complaints > 0")),
    "merged": Figure(_PLACE, _merged),
    "stage": Figure(_PLACE, _now("marts.customer_lifecycle", "stage = ?")),
    "rfm": Figure(_PLACE, _now("marts.customer_rfm", "segment_8 = ?")),
    "rfm_cell": Figure(_PLACE, _narrowed(_cell)),
    "value_class": Figure(_PLACE, _now("marts.customer_value", "abc_class = ?")),
    "tier": Figure(_PLACE, _now("marts.customer_value", "value_tier = ? and loyalty_tier = ?", parts=2)),
    "quadrant": Figure(_PLACE, _now("marts.customer_value", "quadrant = ?")),
    "segment": Figure(_PLACE, _now("segments.segment_members", "segment = ?")),
    "tag": Figure(_PLACE, _narrowed(insight_members.tagged)),
    "tag_family": Figure(_PLACE, _narrowed(insight_members.tagged_in)),
    "forecast": Figure(_PLACE, _narrowed(insight_members.forecast)),
    "no_forecast": Figure(_PLACE, _narrowed(insight_members.not_forecast)),
    "forecast_tenth": Figure(_PLACE, _narrowed(insight_members.of_tenth)),
    "moved": Figure(_PLACE, _narrowed(_moved)),
    "stage_on": Figure(_PLACE, _narrowed(_stage_on)),
    "went": Figure(_NONE, _narrowed(history_members.went), "steps"),
    "steps": Figure(_NONE, _narrowed(history_members.steps), "steps"),
    "dwelling": Figure(_NONE, _narrowed(history_members.dwelling)),
    "cohort_buyers": Figure(_NONE, _narrowed(history_members.cohort_buyers)),
    "quadrant_moved": Figure(_NONE, _narrowed(history_members.quadrant_moved)),
    "taken_for": Figure(_NONE, _narrowed(history_members.taken_for)),
    "plan": Figure(_PLACE, _narrowed(campaign_members.planned), "messages"),
    "campaign_plan": Figure(_PLACE, _narrowed(campaign_members.planned_of_campaign), "messages"),
    "campaign_audience": Figure(_PLACE, _narrowed(campaign_members.audience_of_campaign)),
    "messages": Figure(_NONE, _narrowed(campaign_members.messages), "messages"),
    "holdouts": Figure(_NONE, _narrowed(campaign_members.holdouts), "holdouts"),
    "journey_runs": Figure(_NONE, _narrowed(journey_members.runs), "runs"),
    "journey_step": Figure(_NONE, _narrowed(journey_members.at_step), "runs"),
    "journey_ends": Figure(_NONE, _narrowed(journey_members.ended), "runs"),
    "journey_tasks": Figure(_NONE, _narrowed(journey_members.tasks), "tasks"),
}
