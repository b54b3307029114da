"""What a reader narrowed figures to: days, a channel, a store; and which channels and stores there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from serving.published_copy import PublishedCopy

Dimension = Literal["period", "channel", "store"]
DIMENSIONS: tuple[Dimension, ...] = ("period", "channel", "store")
Condition = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Filters:
    """The days that figures are of, and where; an empty channel or store is every one.

    Attributes:
        since: first day.
        until: last day.
        channel: its name.
        store: its name, as the channel that sells there says it.
    """

    since: date
    until: date
    channel: str = ""
    store: str = ""

    def at_any_time(self) -> Filters:
        """The same channel and store for what holds now, whatever days were chosen."""
        return replace(self, since=date.min, until=date.max)


def channels(published: PublishedCopy) -> list[str]:
    """Every channel that knows customers or sold anything, in alphabetical order."""
    return [
        str(name)
        for (name,) in published.values(
            "select channel from marts.customer_channel_summary union select channel from marts.daily_channel_metrics"
            " order by channel"
        )
    ]


def first_day(published: PublishedCopy, otherwise: date) -> date:
    """The first day that figures by day are kept of.

    Args:
        published: the publication.
        otherwise: what counts where no day has any.
    """
    ((found,),) = published.values("select min(metric_date) from marts.daily_metrics")
    return found or otherwise


def stores(published: PublishedCopy) -> dict[str, tuple[str, ...]]:
    """The stores that sold something, by channel, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for channel, store in published.values(
        "select distinct channel, store_name from marts.daily_channel_metrics where store_name is not null order by all"
    ):
        found.setdefault(str(channel), []).append(str(store))
    return {channel: tuple(names) for channel, names in found.items()}


def on_days(column: str, filters: Filters) -> Condition:
    """The rows of the chosen days, channel and store of a table that has all three.

    Args:
        column: that holds the day.
        filters: what was chosen.
    """
    condition, values = f"{column} between ? and ?", [filters.since, filters.until]
    where, places = in_place(filters)
    return f"{condition}{where}", (*values, *places)


def in_place(filters: Filters) -> Condition:
    """The rows of the chosen channel and store, to follow another condition."""
    condition, values = "", []
    for column, chosen in (("channel", filters.channel), ("store_name", filters.store)):
        if chosen:
            condition += f" and {column} = ?"
            values.append(chosen)
    return condition, tuple(values)


def customers_of(filters: Filters) -> Condition:
    """Customers of the chosen channel and store by the last of the days, as a select; empty where neither is chosen.

    A channel's customers are those that it knows; a store's those who bought there.
    """
    if filters.store:
        where, values = in_place(filters)
        return (
            "select customer_id from marts.customer_daily_activity"
            f" where orders > 0 and activity_day <= ?{where} group by customer_id",
            (filters.until, *values),
        )
    if filters.channel:
        return (
            "select customer_id from marts.customer_channel_summary"
            " where channel = ? and (first_seen_at is null or cast(first_seen_at as date) <= ?)",
            (filters.channel, filters.until),
        )
    return "", ()


def among(filters: Filters | None, column: str = "customer_id") -> Condition:
    """A condition that keeps the customers of the chosen channel and store, to stand alone behind `where`.

    Args:
        filters: what was chosen; None: nothing.
        column: that holds the customer.
    """
    sql, values = customers_of(filters) if filters else ("", ())
    return (f"{column} in ({sql})" if sql else "true"), values
