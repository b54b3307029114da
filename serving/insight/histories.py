"""How customers moved between stages, quadrants and segments, how long they stayed, and how many came back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from serving.answers import answers
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd

# Ways of dividing customers whose sizes are kept day by day; `base` is counts of all customers.
KINDS = ("base", "stage", "segment_8", "segment_11", "abc_class", "value_tier", "loyalty_tier", "quadrant")
BASE = ("customers", "buyers_ever", "active_customers_30d", "dormant_customers", "churned_customers")
DAYS_KEPT = 62
GONE = "('dormant', 'churned')"
# What became of customers in a month, as a condition on the stage before and after. Out of the stages of the silent is
# a reactivation; of those who were silent before, only who churned is counted again.
WAYS = {
    "woken": f"{{before}} in {GONE} and {{after}} not in {GONE}",
    "fell_dormant": "{before} <> 'churned' and {after} = 'dormant'",
    "churned": "{after} = 'churned'",
}


@answers("month day, way text, customers whole")
def moves_by_month(published: PublishedCopy, since: date) -> pd.DataFrame:
    """How many customers woke up, fell dormant or churned in each month.

    Args:
        published: the publication.
        since: first day of the first month.
    """
    ways = "\n union all ".join(
        f"select month, '{way}' as way, customers from marts.stage_transitions where {_in_transitions(condition)}"
        for way, condition in WAYS.items()
    )
    return published.frame(
        f"""
        select month, way, sum(customers) as customers from ({ways}) as ways
        where month >= ? group by month, way order by month, way
        """,
        [since],
    )


def _in_transitions(condition: str) -> str:
    return condition.format(before="from_stage", after="to_stage")


@answers("from_stage text, to_stage text, customers whole")
def transitions(published: PublishedCopy, since: date) -> pd.DataFrame:
    """How many steps there were from one stage to another.

    Args:
        published: the publication.
        since: first day of the first month that counts.
    """
    return published.frame(
        """
        select from_stage, to_stage, sum(customers) as customers from marts.stage_transitions
        where month >= ? group by from_stage, to_stage order by from_stage, to_stage
        """,
        [since],
    )


@answers(
    "stage text, ended_periods whole, customers_now whole, quarter_left_after_days number, "
    "half_left_after_days number, three_quarters_left_after_days number, median_days_so_far number"
)
def dwell_times(published: PublishedCopy) -> pd.DataFrame:
    """How long customers stayed in each stage, in days; null where no stay has ended, or nobody is in it."""
    return published.frame(
        """
        select
            stage, ended_periods, customers_now, quarter_left_after_days, half_left_after_days,
            three_quarters_left_after_days, median_days_so_far
        from marts.stage_dwell_times order by stage
        """
    )


@answers("cohort_month day, months_later whole, customers whole, buyers whole, retention number, is_whole flag")
def cohorts(published: PublishedCopy, months: int) -> pd.DataFrame:
    """Of the customers of each month's first purchases, how many bought again in each later one.

    Args:
        published: the publication.
        months: how many cohorts at most, the newest ones.
    """
    return published.frame(
        """
        select cohort_month, months_later, customers, buyers, retention, is_whole from marts.cohort_retention
        where cohort_month in (select distinct cohort_month from marts.cohort_retention order by 1 desc limit ?)
        order by cohort_month, months_later
        """,
        [months],
    )


@answers("quarter_quadrant text, live_quadrant text, customers whole, frozen_on day")
def quadrant_moves(published: PublishedCopy) -> pd.DataFrame:
    """Customers by the quadrant that holds for the quarter and today's; frozen_on is the earliest day of either."""
    return published.frame(
        """
        select quarter_quadrant, live_quadrant, count(*) as customers, min(frozen_on) as frozen_on
        from marts.customer_quadrants
        group by quarter_quadrant, live_quadrant order by quarter_quadrant, live_quadrant
        """
    )


@answers("day day, segment text, customers whole")
def sizes(published: PublishedCopy, kind: str) -> pd.DataFrame:
    """How many customers each segment of a kind had on the days that runs saw, as it was known then.

    Args:
        published: the publication.
        kind: one of `KINDS`.

    Returns:
        The last two months day by day; of months before them the last day that is known.
    """
    if kind == "base":
        counts = "\n union all ".join(
            f"select as_of as day, '{name}' as segment, {name} as customers from marts.business_snapshots"
            for name in BASE
        )
    else:
        counts = "select day, segment, customers from marts.state_sizes where kind = ?"
    return published.frame(
        f"""
        with counts as ({counts}),
        days as (
            select
                day, max(day) over () as newest,
                max(day) over (partition by date_trunc('month', day)) as last_of_month
            from (select distinct day from counts)
        )
        select day, segment, customers from counts
        inner join days using (day)
        where day > newest - {DAYS_KEPT} or day = last_of_month
        order by day, segment
        """,
        [] if kind == "base" else [kind],
    )
