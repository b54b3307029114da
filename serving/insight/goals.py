"""Goals of the business: how each stands, and the months behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.answers import answers
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = ("data", "relation", "value")


@answers(
    "goal text, dimension text, metric text, owner text, unit text, direction text, measured_by text, status text, "
    "is_good flag, name_zh text, name_en text, status_zh text, status_en text, note_zh text, note_en text, "
    "description_zh text, description_en text, target number, actual number, trend_per_month number, forecast number, "
    "forecast_low number, forecast_high number, months_left whole, actual_month day, starts_on day, ends_on day"
)
def goals(published: PublishedCopy) -> pd.DataFrame:
    """Every goal with its names, in the order of the seed's dimensions and names.

    Returns:
        One row a goal; amounts and shares in the unit of their metric, is_good null where a status is no judgement.
    """
    return published.frame(
        """
        select
            progress.goal, progress.dimension, progress.metric, goals.owner, progress.unit, progress.direction,
            progress.measured_by, progress.status, cast(statuses.is_good as boolean) as is_good,
            goals.name_zh, goals.name_en,
            statuses.name_zh as status_zh, statuses.name_en as status_en, goals.note_zh, goals.note_en,
            definitions.description_zh, definitions.description_en, progress.target, progress.actual,
            progress.trend_per_month, progress.forecast, progress.forecast_low, progress.forecast_high,
            progress.months_left, progress.actual_month, progress.starts_on, progress.ends_on
        from marts.goal_progress as progress
        inner join rules.goals as goals on progress.goal = goals.goal
        inner join rules.goal_statuses as statuses on progress.status = statuses.status
        left join marts.metric_definitions as definitions on progress.metric = definitions.metric
        order by progress.dimension, statuses.is_good nulls last, progress.goal
        """
    )


@answers("period_start day, metric_value number")
def months(published: PublishedCopy, metric: str) -> pd.DataFrame:
    """A metric month by month, oldest first; the newest one as far as it has come.

    Args:
        published: the publication.
        metric: its name.
    """
    return published.frame(
        "select period_start, metric_value from marts.metric_values where metric = ? order by period_start", [metric]
    )
