"""The customers behind movements between stages and quadrants, cohorts, and sizes of former days."""

from __future__ import annotations

import re
from datetime import date

from serving.insight.histories import KINDS, WAYS
from serving.segments import Audience

_STEP = re.compile(r"([a-z_]+)\.([a-z_]+)\.(\d{4}-\d{2}-\d{2})")
_WAY = re.compile(r"([a-z_]+)\.(\d{4}-\d{2}-\d{2})")
_COHORT = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,2})")
_STATE = re.compile(r"([a-z_0-9]+)\.(\w+)\.(\d{4}-\d{2}-\d{2})")


def steps(which: str) -> Audience:
    """A row for each step from one stage to another, written `<before>.<after>.<first day>`, from that day on."""
    found = _matched(_STEP, which)
    return Audience(
        f"steps_{which}",
        "select customer_id from marts.customer_lifecycle_history"
        " where previous_stage = ? and stage = ? and valid_from >= cast(? as date)",
        (found[1], found[2], date.fromisoformat(found[3])),
    )


def went(which: str) -> Audience:
    """A row for each who woke up, fell dormant or churned, written `<way>.<first day of the month>`."""
    found = _matched(_WAY, which)
    if found[1] not in WAYS:
        raise ValueError(which)
    condition = WAYS[found[1]].format(before="previous_stage", after="stage")
    return Audience(
        f"went_{which}",
        "select customer_id from marts.customer_lifecycle_history"
        f" where previous_stage is not null and ({condition})"
        " and valid_from between cast(? as date) and last_day(cast(? as date))",
        (date.fromisoformat(found[2]),) * 2,
    )


def dwelling(stage: str) -> Audience:
    """In a stage now, of whom it is known since when."""
    return Audience(
        f"dwelling_{stage}",
        "select customer_id from marts.customer_lifecycle_history"
        " where is_current and valid_from is not null and stage = ?",
        (stage,),
    )


def cohort_buyers(which: str) -> Audience:
    """Who bought first in a month and again some months later, written `<first day of the month>.<months later>`."""
    found = _matched(_COHORT, which)
    month, later = date.fromisoformat(found[1]), int(found[2])
    return Audience(
        f"cohort_{which}",
        """
        with bought as (
            select customer_id, cast(date_trunc('month', activity_day) as date) as month
            from marts.customer_daily_activity where purchases > 0
        ),
        cohort as (
            select customer_id from bought group by customer_id having min(month) = cast(? as date)
        )
        select distinct customer_id from bought
        where month = cast(? as date) + to_months(cast(? as int)) and customer_id in (select customer_id from cohort)
        """,
        (month, month, later),
    )


def quadrant_moved(which: str) -> Audience:
    """By the quadrant of the quarter and today's, written `<quarter's>.<today's>`."""
    before, _, now = which.partition(".")
    return Audience(
        f"quadrant_{which}",
        "select customer_id from marts.customer_quadrants where quarter_quadrant = ? and live_quadrant = ?",
        (before, now),
    )


def taken_for(which: str) -> Audience:
    """Who was taken for a member on a day, as it was known then, written `<kind>.<segment>.<day>`."""
    found = _matched(_STATE, which)
    if found[1] not in KINDS or found[1] == "base":
        raise ValueError(which)
    return Audience(
        f"taken_for_{which}",
        f"select customer_id from marts.customer_state_history where {found[1]} = ?"
        " and valid_from <= cast(? as date) and (valid_to is null or valid_to > cast(? as date))",
        (found[2], *(date.fromisoformat(found[3]),) * 2),
    )


def _matched(pattern: re.Pattern[str], which: str) -> re.Match[str]:
    found = pattern.fullmatch(which)
    if not found:
        raise ValueError(which)
    return found
