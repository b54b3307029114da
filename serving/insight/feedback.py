"""What customers say: weeks in which too many scores of satisfaction were negative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from serving.published_copy import PublishedCopy


@dataclass(frozen=True)
class NegativeWeek:
    """A region, or the whole company, in a week that is over; the rate is a share from 0 to 1."""

    scope: str
    region: str
    week_start: date
    answers: int
    negative_answers: int
    negative_rate: float


@dataclass(frozen=True)
class NegativeRates:
    """The newest week that is over: from when on it is an alert, and where it is one, most negative first."""

    week_start: date | None
    limit: float
    least_answers: int
    company: NegativeWeek | None
    alerts: list[NegativeWeek]


def negative_rates(published: PublishedCopy) -> NegativeRates:
    """Negative rates of the newest week that is over.

    Args:
        published: the publication.

    Returns:
        The company's rate, and each region (and the company) above the limit of the seed rule_thresholds; `week_start`
        and `company` are None where nobody gave a score in a week that is over.
    """
    rows = published.values(
        """
        with newest as (select max(week_start) as week_start from marts.negative_feedback_weeks where is_whole)
        select scope, region, week_start, answers, negative_answers, negative_rate, is_alert
        from marts.negative_feedback_weeks
        inner join newest using (week_start)
        order by negative_rate desc, scope, region
        """
    )
    limits = dict(
        published.values(
            "select rule, value from rules.rule_thresholds"
            " where rule in ('negative_rate_percent', 'negative_answers_judged')"
        )
    )
    weeks = [(NegativeWeek(*row[:-1]), bool(row[-1])) for row in rows]
    return NegativeRates(
        week_start=weeks[0][0].week_start if weeks else None,
        limit=float(limits["negative_rate_percent"]) / 100,
        least_answers=int(limits["negative_answers_judged"]),
        company=next((week for week, _ in weeks if week.scope == "company"), None),
        alerts=[week for week, is_alert in weeks if is_alert],
    )
