"""Gamma-gamma: what somebody spends on a purchase varies around an average of their own, which varies between people.

Source: Fader, Hardie, Lee, RFM and CLV: using iso-value curves for customer base analysis, JMR 42 (2005); Fader and
Hardie, The gamma-gamma model of monetary value (2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from intelligence.lifetime.maximum_likelihood import most_likely
from intelligence.lifetime.purchase_summary import Floats

_STARTS = (np.log([6.0, 4.0, 0.5]), np.log([2.0, 3.0, 1.0]))
_BOUNDS = (-7.0, 16.0)
# With q at 1 or below the average of averages would be infinite.
_BOUNDS_OF_Q = (float(np.log(1.01)), _BOUNDS[1])
# Customers up to which every average is taken as it is; beyond, in steps of this size of its logarithm.
_MOST_ROWS = 20_000
_STEP = 0.01


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model of spend.

    Attributes:
        p: shape of a customer's amounts.
        q, v: shape and scale of the averages between customers.
    """

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, count: Floats, average: Floats) -> GammaGamma:
        """Maximum likelihood, with analytic gradients.

        Args:
            count: purchases of each customer; those with none are left out.
            average: their average amount, above zero.

        Raises:
            ValueError: nobody bought for anything.
        """
        kept = (count > 0) & (average > 0)
        if not kept.any():
            raise ValueError("no customer has a purchase of more than zero")
        scale = float(np.median(average[kept]))
        x, m, times = _grouped(count[kept], average[kept] / scale)
        (p, q, v), _ = most_likely(
            lambda parameters: _log_likelihood(parameters, x, m), times, _STARTS, [_BOUNDS, _BOUNDS_OF_Q, _BOUNDS]
        )
        return cls(float(p), float(q), float(v * scale))

    @property
    def average(self) -> float:
        """What is spent on a purchase on average, over all customers."""
        return self.p * self.v / (self.q - 1)

    def expected(self, count: Floats, average: Floats) -> Floats:
        """The amount to expect of each customer's next purchase; the average of all where nothing is known."""
        return self.p * (self.v + count * average) / (self.p * count + self.q - 1)


def _grouped(count: Floats, average: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct rows and how often each comes; of very many customers with averages to half a per cent."""
    if len(count) <= _MOST_ROWS:
        return count, average, np.ones(len(count))
    steps = np.rint(np.log(average) / _STEP).astype(np.int64)
    least = int(steps.min())
    keys, times = np.unique((steps - least) * (int(count.max()) + 1) + count.astype(np.int64), return_counts=True)
    step, of_count = np.divmod(keys, int(count.max()) + 1)
    return of_count.astype(float), np.exp((step + least) * _STEP), times.astype(float)


def _log_likelihood(parameters: Floats, x: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Of each customer, and its derivatives by the logarithms of p, q, v."""
    p, q, v = parameters
    total = np.log(v + x * m)
    found = (
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * total
    )  # fmt: skip
    by_p = x * (digamma(p * x + q) - digamma(p * x) + np.log(m) + np.log(x) - total)
    by_q = digamma(p * x + q) - digamma(q) + np.log(v) - total
    by_v = q / v - (p * x + q) / (v + x * m)
    return found, np.vstack([by_p * p, by_q * q, by_v * v])
