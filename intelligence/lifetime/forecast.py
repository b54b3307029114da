"""Lifetime value from purchases: fitted, judged on days that came later, forecast by what was better.

Choices are made on one window of days and reported on a later one; the model that forecasts is fitted on everything.
Where it does not beat cohort rates there, cohort rates are what is forecast, and the judgement says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from intelligence.lifetime.beta_geometric import BetaGeometric
from intelligence.lifetime.cohort_rates import CohortRates
from intelligence.lifetime.judgement import Judgement, Outcome, beats, deviance, judge
from intelligence.lifetime.purchase_summary import DAYS_PER_WEEK, Floats, Purchases, Summary, summarise
from intelligence.lifetime.season import season_factor
from intelligence.lifetime.spend import GammaGamma

# Fewer say nothing about a model.
LEAST_CUSTOMERS = 100
LEAST_REPEATS = 100
_LEAST_DAYS = 14
_WEEKS_OF_YEAR = 365 / DAYS_PER_WEEK
# Why what is forecast is forecast, by the code that a judgement keeps.
REASONS = {
    "better_than_cohort_rates": (
        "it beats cohort rates in the share of spend of the top tenth and in deviance, the total is in bounds"
    ),
    "not_better_than_cohort_rates": (
        "the model does not beat cohort rates in both the share of spend of the top tenth and deviance, or its total "
        "is out of bounds"
    ),
    "too_few_days": f"the purchases begin less than {4 * _LEAST_DAYS} days before it",
    "too_few_purchases": (
        f"fewer than {LEAST_CUSTOMERS} customers or {LEAST_REPEATS} repeat purchases are known from before the judged "
        "days"
    ),
    "nobody_bought": "nobody bought in the judged days",
}
# Rank correlation of frequency and spend beyond which gamma-gamma, which takes them for independent, is a strong claim.
CORRELATION_BOUND = 0.3


@dataclass(frozen=True)
class Fitted:
    """The models of a day.

    Attributes:
        rate: how often customers buy and whether they stopped; None where too little is known to fit it.
        spend: for how much; None where nobody paid anything.
        cohorts: what customers of an age bought lately; None where nobody was a customer then.
        season: factor of the forecast days, 1 where none is known.
    """

    rate: BetaGeometric | None
    spend: GammaGamma | None
    cohorts: CohortRates | None
    season: float


@dataclass(frozen=True)
class Report:
    """How the model did on days that it had not seen.

    Attributes:
        published: "model" or "cohort_rates"; "nothing" where too few days are known for either.
        because: why, a key of `REASONS`.
        days: length of the judged window, which ended on the day of the forecast; 0 where none could be judged.
        model, cohorts: the judgement of each; None where none was possible.
        has_ranking: whether the model ranks who buys again better than chance, with its interval.
        is_seasonal: whether the season factor is used.
        correlation: of frequency and spend by rank, among those who came back; None where nobody did.
    """

    published: str
    because: str
    days: int
    model: Judgement | None
    cohorts: Judgement | None
    has_ranking: bool
    is_seasonal: bool
    correlation: float | None

    @property
    def reason(self) -> str:
        """Why what is published is published, in a sentence."""
        return REASONS[self.because]

    @property
    def is_correlated(self) -> bool:
        """Whether frequency and spend go together, or against each other, more than gamma-gamma can pass over."""
        return self.correlation is not None and abs(self.correlation) > CORRELATION_BOUND


@dataclass(frozen=True)
class Forecast:
    """One row for each customer of the summary.

    Attributes:
        summary: what was known of them.
        purchases: expected number in the horizon.
        spend: expected amount in it.
        alive: probability that they have not stopped, NaN where no ranking is possible.
        stays_away: probability that they buy nothing in the horizon; NaN likewise.
    """

    summary: Summary
    purchases: Floats
    spend: Floats
    alive: Floats
    stays_away: Floats


@dataclass(frozen=True)
class NextPurchase:
    """When each customer buys next, in days from the day of the forecast, given that they have not stopped.

    Attributes:
        median: half of such customers have bought by then; NaN where a purchase within a year is less likely than not.
        low, high: eight of ten buy between them; NaN likewise.
    """

    median: Floats
    low: Floats
    high: Floats


def fit(purchases: Purchases, day: int, days: int, is_seasonal: bool, same_day: Fitted | None = None) -> Fitted:
    """Fit all models on the purchases until a day.

    Args:
        purchases: of all customers; later ones are not looked at.
        day: the day of the forecast.
        days: its horizon.
        is_seasonal: use the season factor, where one is known.
        same_day: what was fitted on that day for another horizon: how often and for how much do not depend on it.
    """
    seen = purchases.until(day)
    summary = summarise(seen, day)
    enough = len(summary) >= LEAST_CUSTOMERS and summary.frequency.sum() >= LEAST_REPEATS
    window = _window(seen, day, days)
    if same_day:
        rate, spend = same_day.rate, same_day.spend
    else:
        rate = BetaGeometric.fit(summary) if enough else None
        spend = GammaGamma.fit(summary.spend_count, summary.spend) if (summary.spend_count > 0).any() else None
    return Fitted(
        rate=rate,
        spend=spend,
        cohorts=CohortRates.measure(seen, day, window) if window else None,
        season=(season_factor(seen, day, days) or 1.0) if enough and is_seasonal else 1.0,
    )


def forecast(fitted: Fitted, summary: Summary, days: int, report: Report) -> Forecast:
    """What to expect of each customer in the coming days, by what the report found better.

    Args:
        fitted: the models.
        summary: the customers.
        days: the horizon.
        report: of `judge_model`.
    """
    unknown = np.full(len(summary), np.nan)
    if report.published == "model":
        purchases, spend = _by_model(fitted, summary, days)
    elif fitted.cohorts:
        purchases, spend = fitted.cohorts.expected(summary.age, days)
    else:
        purchases, spend = unknown, unknown
    alive = fitted.rate.alive(summary) if fitted.rate and report.has_ranking else unknown
    weeks = np.full(len(summary), days / DAYS_PER_WEEK)
    quiet = fitted.rate.survives(summary, weeks) if fitted.rate else unknown
    return Forecast(summary, purchases, spend, alive, 1 - alive * (1 - quiet))


def next_purchase(fitted: Fitted, summary: Summary) -> NextPurchase:
    """When each customer buys next; all unknown where no model could be fitted."""
    unknown = np.full(len(summary), np.nan)
    if fitted.rate is None:
        return NextPurchase(unknown, unknown, unknown)
    year = np.full(len(summary), _WEEKS_OF_YEAR)
    likely = fitted.rate.alive(summary) * (1 - fitted.rate.survives(summary, year)) >= 0.5
    low, median, high = (
        np.where(likely, fitted.rate.weeks_until(summary, probability) * DAYS_PER_WEEK, np.nan)
        for probability in (0.1, 0.5, 0.9)
    )
    return NextPurchase(median, low, high)


def judge_model(purchases: Purchases, day: int, days: int) -> Report:
    """Choose on one window of days, report on the next one, which ends on the day.

    Args:
        purchases: of all customers.
        day: the day of the forecast.
        days: its horizon; windows are shorter where the data is.
    """
    seen = purchases.until(day)
    window = _window(seen, day, days)
    correlation = _correlation(summarise(seen, day))
    if not window:
        return Report("nothing", "too_few_days", 0, None, None, False, False, correlation)
    begun = day - window
    is_seasonal = _season_helps(seen, begun, window)
    fitted = fit(seen, begun, window, is_seasonal)
    if fitted.rate is None:
        return Report("cohort_rates", "too_few_purchases", 0, None, None, False, False, correlation)
    summary = summarise(seen, begun)
    ours = _outcome(seen, begun, window, _by_model(fitted, summary, window))
    if fitted.cohorts is None or ours.made.sum() == 0:
        return Report("cohort_rates", "nobody_bought", 0, None, None, False, False, correlation)
    others = _outcome(seen, begun, window, fitted.cohorts.expected(summary.age, window))
    judged, rates = judge(ours), judge(others)
    has_ranking = judged.auc is not None and judged.auc.low > 0.5
    is_better = beats(ours, others)
    published = "model" if is_better else "cohort_rates"
    because = "better_than_cohort_rates" if is_better else "not_better_than_cohort_rates"
    return Report(published, because, window, judged, rates, has_ranking, is_seasonal, correlation)


def _window(seen: Purchases, day: int, days: int) -> int:
    """Days to judge on: the horizon, or two weeks where it is shorter, but at most a quarter of what is known.

    0 where that is less than two weeks.
    """
    if len(seen.day) == 0:
        return 0
    window = min(max(days, _LEAST_DAYS), int(day - seen.day.min()) // 4)
    return window if window >= _LEAST_DAYS else 0


def _season_helps(seen: Purchases, day: int, window: int) -> bool:
    """Whether the season factor brings the forecast nearer to what came.

    Asked of the window before the judged one, so that the choice is not judged on what it was made on; where no year
    before that window is known, of the judged one.
    """
    for begun in (day - window, day):
        known = seen.until(begun)
        plain = fit(known, begun, window, is_seasonal=False)
        factor = season_factor(known, begun, window) if plain.rate else None
        if factor is not None:
            without, with_it = (
                deviance(_outcome(seen, begun, window, _by_model(model, summarise(known, begun), window)))
                for model in (plain, replace(plain, season=factor))
            )
            return with_it < without
    return False


def _by_model(fitted: Fitted, summary: Summary, days: int) -> tuple[Floats, Floats]:
    assert fitted.rate is not None
    purchases = fitted.rate.expected(summary, days / DAYS_PER_WEEK) * fitted.season
    each = fitted.spend.expected(summary.spend_count, summary.spend) if fitted.spend else np.zeros(len(summary))
    return purchases, purchases * each


def _outcome(seen: Purchases, day: int, window: int, expected: tuple[Floats, Floats]) -> Outcome:
    made, spent = seen.between(day, day + window)
    buyers: NDArray[np.int64] = summarise(seen, day).customer
    return Outcome(made[buyers], spent[buyers], *expected)


def _correlation(summary: Summary) -> float | None:
    """Rank correlation of how often and for how much repeat buyers buy."""
    known = (summary.frequency > 0) & (summary.spend_count > 0)
    if known.sum() < 3 or np.ptp(summary.frequency[known]) == 0 or np.ptp(summary.spend[known]) == 0:
        return None
    return float(spearmanr(summary.frequency[known], summary.spend[known]).statistic)
