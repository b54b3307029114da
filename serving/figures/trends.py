"""Figures over time, under the filters that were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serving.answers import answers
from serving.figures.filters import Dimension, Filters, on_days
from serving.figures.members import FIGURES
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd

# The members behind a bar are those of the figure that the measure names.
MEASURES = ("new_customers", "net_revenue", "active_customers", "interactions", "complaints")
FIGURE_BEHIND = {measure: measure for measure in MEASURES} | {"net_revenue": "buyers"}
# Blocks of seven days, counted back from the last one, so that the last is a whole one.
_PERIODS = {
    "day": "day",
    "week": "date_trunc('week', day)",
    "month": "date_trunc('month', day)",
    "seven_days": "cast(? as date) - 6 - 7 * cast(date_diff('day', day, cast(? as date)) // 7 as int)",
}


def knows(measure: str) -> frozenset[Dimension]:
    """What a measure can be narrowed by: what the figure behind its bars can."""
    return FIGURES[FIGURE_BEHIND[measure]].knows


@answers("period day, value number, first_day day, last_day day")
def trend(published: PublishedCopy, filters: Filters, measure: str, grain: str) -> pd.DataFrame:
    """A measure by day, week, month or seven days, periods without anything too; customers count once in each.

    Args:
        published: the publication.
        filters: the days, channel and store.
        measure: one of `MEASURES`.
        grain: a key of `_PERIODS`.
    """
    where, values = on_days("day", filters)
    period = _PERIODS[grain]
    ends: tuple[Any, ...] = (filters.until, filters.until) if grain == "seven_days" else ()
    if measure == "active_customers":
        table, day = "marts.customer_daily_activity", "activity_day"
        figure, where = "count(distinct customer_id)", f"{where} and (interactions > 0 or purchases > 0)"
    else:
        table, day, figure = "marts.daily_channel_metrics", "metric_date", f"sum({_measure(measure)})"
    return published.frame(
        f"""
        with calendar as (
            select cast(cast(? as date) + cast(n as int) as date) as day from range(?) as r (n)
        ),
        periods as (
            select cast({period} as date) as period, min(day) as first_day, max(day) as last_day
            from calendar group by all
        ),
        figures as (
            select cast({period} as date) as period, {figure} as value
            from (select *, {day} as day from {table})
            where {where}
            group by all
        )
        select period, cast(coalesce(value, 0) as double) as value, first_day, last_day
        from periods left join figures using (period)
        order by period
        """,
        [filters.since, (filters.until - filters.since).days + 1, *ends, *ends, *values],
    )


def _measure(name: str) -> str:
    """A column that is one of ours: no text from elsewhere becomes SQL."""
    return MEASURES[MEASURES.index(name)]


def revenue(published: PublishedCopy, filters: Filters) -> dict[str, Any]:
    """Net revenue of the days, and how much of it is of known customers: net_revenue, known."""
    where, values = on_days("metric_date", filters)
    known, places = on_days("activity_day", filters)
    return published.record(
        f"""
        select
            coalesce((select sum(net_revenue) from marts.daily_channel_metrics where {where}), 0) as net_revenue,
            coalesce((select sum(net_revenue) from marts.customer_daily_activity where {known}), 0) as known
        """,
        [*values, *places],
    )
