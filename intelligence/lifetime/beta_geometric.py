"""BG/NBD and MBG/NBD: customers buy at a rate of their own until, after some purchase, they silently stop.

Rates are gamma distributed (shape r, rate alpha), the probability of stopping after a purchase beta distributed (a, b).
BG/NBD lets nobody stop before a repeat purchase, so that it calls each one-time buyer alive for ever; MBG/NBD lets them
stop after the first purchase too.

Sources: Fader, Hardie, Lee, "Counting your customers" the easy way, Marketing Science 24 (2005); Batislam, Denizel,
Filiztekin, Empirical validation and comparison of models for customer base analysis, IJRM 24 (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, expit, gammaln, hyp2f1

from intelligence.lifetime.maximum_likelihood import most_likely
from intelligence.lifetime.purchase_summary import Floats, Summary, grouped

_STARTS = (np.zeros(4), np.log([0.3, 5.0, 0.8, 2.5]))
_BOUNDS = (-9.0, 9.0)
_SINGULAR = 1e-6


@dataclass(frozen=True)
class BetaGeometric:
    """A fitted BG/NBD or MBG/NBD; times in weeks.

    Attributes:
        r, alpha: shape and rate of the purchase rates.
        a, b: of the probability of stopping.
        modified: MBG/NBD, where somebody may stop after the first purchase.
        log_likelihood: of the data that it was fitted on.
    """

    r: float
    alpha: float
    a: float
    b: float
    modified: bool
    log_likelihood: float

    @classmethod
    def fit(cls, summary: Summary, modified: bool = True) -> BetaGeometric:
        """Maximum likelihood, with analytic gradients, on the distinct rows of a summary.

        Args:
            summary: of at least one customer.
            modified: MBG/NBD rather than BG/NBD.
        """
        rows, times = grouped(summary.frequency, summary.recency, summary.age)
        (r, alpha, a, b), found = most_likely(
            lambda parameters: _log_likelihood(parameters, *rows, modified=modified), times, _STARTS, [_BOUNDS] * 4
        )
        return cls(float(r), float(alpha), float(a), float(b), modified, log_likelihood=found)

    def alive(self, summary: Summary) -> Floats:
        """The probability that each customer has not stopped, 0 … 1."""
        return expit(-self._log_odds_of_stopping(summary.frequency, summary.recency, summary.age))

    def expected(self, summary: Summary, weeks: float) -> Floats:
        """How many purchases to expect of each customer in the coming weeks."""
        x, age = summary.frequency, summary.age
        # at a = 1 both sides of the quotient vanish; beside it the result is the same to six digits
        a = self.a + _SINGULAR if abs(self.a - 1) < _SINGULAR else self.a
        later = x + 1 if self.modified else x
        kept = _kept(self.r + x, a, self.b + later, weeks / (self.alpha + age + weeks))
        return np.maximum((a + self.b + later - 1) / (a - 1) * (1 - kept), 0) * self.alive(summary)

    def survives(self, summary: Summary, weeks: Floats) -> Floats:
        """The probability that an alive customer buys nothing for so many weeks; a number of weeks for each."""
        return ((self.alpha + summary.age) / (self.alpha + summary.age + weeks)) ** (self.r + summary.frequency)

    def weeks_until(self, summary: Summary, probability: float) -> Floats:
        """After how many weeks an alive customer has bought with some probability."""
        return (self.alpha + summary.age) * ((1 - probability) ** (-1 / (self.r + summary.frequency)) - 1)

    def _log_odds_of_stopping(self, x: Floats, recency: Floats, age: Floats) -> Floats:
        stopped = _log_stopping(self.a, self.b, x, self.modified)
        return stopped + (self.r + x) * np.log((self.alpha + age) / (self.alpha + recency))


def _kept(shape: Floats, a: float, later: Floats, z: Floats) -> Floats:
    """The hypergeometric term of the expectation with its power of 1 - z, between 0 and 1.

    The published form overflows for customers with many purchases, Euler's transformation of it where a is large: then
    hardly anybody differs in how probably they stop. Where the one is no number the other is right to seven digits.
    """
    together = a + later - 1
    with np.errstate(over="ignore", invalid="ignore"):
        kept = np.asarray((1 - z) ** (a - 1) * hyp2f1(together - shape, a - 1, together, z))
        lost = ~np.isfinite(kept)
        if lost.any():
            shape, later, together, z = (one[lost] for one in np.broadcast_arrays(shape, later, together, z))
            kept[lost] = (1 - z) ** shape * hyp2f1(shape, later, together, z)
    return kept


def _log_stopping(a: float, b: float, x: Floats, modified: bool) -> Floats:
    """Logarithm of the odds of having stopped right after the last purchase, the rates apart."""
    if modified:
        return np.log(a) - np.log(b + x)
    return np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1), -np.inf)


def _log_likelihood(
    parameters: Floats, x: Floats, recency: Floats, age: Floats, modified: bool
) -> tuple[Floats, Floats]:
    """Of each row, and its derivatives by the logarithms of r, alpha, a, b."""
    r, alpha, a, b = parameters
    later = x + 1 if modified else x
    alive = -(r + x) * np.log(alpha + age)
    stopped = _log_stopping(a, b, x, modified) - (r + x) * np.log(alpha + recency)
    either = np.logaddexp(alive, stopped)
    share_alive, share_stopped = np.exp(alive - either), np.exp(stopped - either)
    found = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + later) - gammaln(b) - gammaln(a + b + later)
        + either
    )  # fmt: skip
    by_r = (
        digamma(r + x) - digamma(r) + np.log(alpha)
        - share_alive * np.log(alpha + age) - share_stopped * np.log(alpha + recency)
    )  # fmt: skip
    by_alpha = r / alpha - (r + x) * (share_alive / (alpha + age) + share_stopped / (alpha + recency))
    together = digamma(a + b) - digamma(a + b + later)
    by_a = together + share_stopped / a
    before = b + x if modified else b + np.maximum(x, 1) - 1
    by_b = together + digamma(b + later) - digamma(b) - np.where(share_stopped > 0, share_stopped / before, 0)
    return found, np.vstack([by_r * r, by_alpha * alpha, by_a * a, by_b * b])
