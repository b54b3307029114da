"""The season factor: how far the same weeks of the year before were from what a model would have said then."""

from __future__ import annotations

from intelligence.lifetime.beta_geometric import BetaGeometric
from intelligence.lifetime.purchase_summary import DAYS_PER_WEEK, Purchases, summarise

# Whole weeks, so that weekdays fall on weekdays.
_YEAR_DAYS = 364
# So much must be known before the year before: a model of a few weeks takes the first rush of a list for a habit.
_LEAST_DAYS_BEFORE = 182
_LEAST_PURCHASES = 100
_LOWEST, _HIGHEST = 0.5, 2.0


def season_factor(purchases: Purchases, day: int, days: int) -> float | None:
    """Purchases of the same days a year before, over those that a model fitted just before them expects.

    Args:
        purchases: of all customers.
        day: the day after which the forecast begins.
        days: its length.

    Returns:
        A factor between one half and two; None where a year before too little is known, or has not passed.
    """
    then = day - _YEAR_DAYS
    # known only as far as the day itself: a forecast of more than a year has no year before it
    if len(purchases.day) == 0 or then - purchases.day.min() < _LEAST_DAYS_BEFORE or days > _YEAR_DAYS:
        return None
    summary = summarise(purchases, then)
    if summary.frequency.sum() < _LEAST_PURCHASES:
        return None
    expected = BetaGeometric.fit(summary).expected(summary, days / DAYS_PER_WEEK).sum()
    counted = purchases.between(then, then + days)[0][summary.customer].sum()
    if counted < _LEAST_PURCHASES or expected <= 0:
        return None
    return float(min(max(counted / expected, _LOWEST), _HIGHEST))
