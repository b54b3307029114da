"""How good a forecast was: the figures that say it, each with an interval, and whether it beats cohort rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import xlogy
from scipy.stats import rankdata

from intelligence.lifetime.purchase_summary import Floats

_RESAMPLES = 200
# Of more customers a part is resampled: its intervals are wider than theirs would be, never narrower.
_MOST_RESAMPLED = 10_000
_SEED = 20_260_101
_INTERVAL = (0.025, 0.975)
_TOP = 0.1
_DECILES = 10
# A customer of whom nothing at all is expected may still buy: the deviance of it stays finite.
_LEAST_EXPECTED = 1e-4
TOTAL_BOUNDS = (0.5, 2.0)


@dataclass(frozen=True)
class Figure:
    """A figure with the interval that holds it in 95 of 100 resamples of the customers."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """A forecast against what came.

    Attributes:
        customers: how many were judged.
        mae: mean absolute error of purchases of a customer.
        deviance: Poisson deviance of purchases, by customer; less is better.
        total: purchases forecast over purchases made.
        spend_total: the same of spend.
        decile_share: share of all spend that the tenth of customers made of whom most was forecast.
        auc: probability that of two customers the one who bought was ranked above the one who did not; None where all
            or none bought.
        calibration: by tenth of the forecast, lowest first: mean forecast, mean made.
    """

    customers: int
    mae: Figure
    deviance: Figure
    total: Figure
    spend_total: Figure
    decile_share: Figure
    auc: Figure | None
    calibration: list[tuple[float, float]]


@dataclass(frozen=True)
class Outcome:
    """What each customer bought, and what was forecast of it; rows belong together.

    Attributes:
        made, spent: purchases and spend that came.
        expected, expected_spend: that were forecast.
    """

    made: Floats
    spent: Floats
    expected: Floats
    expected_spend: Floats

    def of(self, rows: Any) -> Outcome:
        """The rows of some customers; one may come more than once."""
        return Outcome(self.made[rows], self.spent[rows], self.expected[rows], self.expected_spend[rows])


def judge(outcome: Outcome) -> Judgement:
    """All figures of a forecast."""
    resampled = [outcome.of(rows) for rows in _resamples(len(outcome.made))]

    def figure(of: Any) -> Figure:
        found = [value for one in resampled if not np.isnan(value := of(one))]
        low, high = np.quantile(found, _INTERVAL) if found else (np.nan, np.nan)
        return Figure(float(of(outcome)), float(low), float(high))

    buys = outcome.made > 0
    return Judgement(
        customers=len(outcome.made),
        mae=figure(lambda one: np.abs(one.expected - one.made).mean()),
        deviance=figure(deviance),
        total=figure(lambda one: _ratio(one.expected.sum(), one.made.sum())),
        spend_total=figure(lambda one: _ratio(one.expected_spend.sum(), one.spent.sum())),
        decile_share=figure(decile_share),
        auc=figure(auc) if buys.any() and not buys.all() else None,
        calibration=_calibration(outcome),
    )


def beats(ours: Outcome, others: Outcome) -> bool:
    """Whether a forecast is better than another one of the same customers, by more than chance.

    Both the share of spend in the top tenth and the deviance must be better in at least 97.5 of 100 resamples, and the
    total within `TOTAL_BOUNDS`.
    """
    total = _ratio(ours.expected.sum(), ours.made.sum())
    if not TOTAL_BOUNDS[0] <= total <= TOTAL_BOUNDS[1]:
        return False
    shares, deviances = [], []
    for rows in _resamples(len(ours.made)):
        one, other = ours.of(rows), others.of(rows)
        shares.append(decile_share(one) - decile_share(other))
        deviances.append(deviance(one) - deviance(other))
    if np.isnan(shares).all():  # nobody spent anything
        return False
    return bool(np.nanquantile(shares, _INTERVAL[0]) > 0 and np.nanquantile(deviances, _INTERVAL[1]) < 0)


def deviance(outcome: Outcome) -> float:
    """Poisson deviance of purchases, averaged over customers."""
    expected = np.maximum(outcome.expected, _LEAST_EXPECTED)
    made = outcome.made
    return float(2 * np.mean(xlogy(made, made / expected) - (made - expected)))


def decile_share(outcome: Outcome) -> float:
    """Share of all spend made by the tenth of customers of whom most spend was forecast; equal forecasts share it."""
    total = outcome.spent.sum()
    if total <= 0:
        return float("nan")
    wanted = max(1, round(len(outcome.made) * _TOP))
    edge = np.partition(outcome.expected_spend, -wanted)[-wanted]
    above, level = outcome.expected_spend > edge, outcome.expected_spend == edge
    left = wanted - above.sum()
    return float((outcome.spent[above].sum() + outcome.spent[level].mean() * left) / total)


def auc(outcome: Outcome) -> float:
    """Area under the curve of "buys at all", ranked by the purchases forecast; equal ranks count half."""
    buys = outcome.made > 0
    buyers, others = buys.sum(), (~buys).sum()
    if not buyers or not others:
        return float("nan")
    ranks = rankdata(outcome.expected)
    return float((ranks[buys].sum() - buyers * (buyers + 1) / 2) / (buyers * others))


def _resamples(customers: int) -> Any:
    draw = np.random.default_rng(_SEED)
    part = draw.permutation(customers)[:_MOST_RESAMPLED]
    return (part[draw.integers(0, len(part), len(part))] for _ in range(_RESAMPLES))


def _ratio(expected: float, made: float) -> float:
    return float(expected / made) if made else float("nan")


def _calibration(outcome: Outcome) -> list[tuple[float, float]]:
    order = np.argsort(outcome.expected, kind="stable")
    return [
        (float(outcome.expected[rows].mean()), float(outcome.made[rows].mean()))
        for rows in np.array_split(order, _DECILES)
        if len(rows)
    ]
