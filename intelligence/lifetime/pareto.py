"""Pareto/NBD: customers buy at a rate of their own until they silently stop, at any moment; the reference of the field.

Purchase rates are gamma distributed (shape r, rate alpha), rates of stopping too (shape s, rate beta). Where the
published likelihood has hypergeometric functions, the moment of stopping is integrated over by quadrature: the same
number, with derivatives that can be written down.

Source: Schmittlein, Morrison, Colombo, Counting your customers, Management Science 33 (1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import digamma, gammaln, logsumexp

from intelligence.lifetime.maximum_likelihood import most_likely
from intelligence.lifetime.purchase_summary import Floats, Summary, grouped

_STARTS = (np.log([0.5, 10.0, 0.6, 12.0]), np.log([1.0, 3.0, 0.3, 20.0]))
_BOUNDS = (-8.0, 8.0)
_SINGULAR = 1e-6
_NODES, _WEIGHTS = leggauss(32)
# Where the integrand has fallen to e^-40 of its first value nothing is left to add.
_NOTHING_LEFT = 40.0


@dataclass(frozen=True)
class Pareto:
    """A fitted Pareto/NBD; times in weeks.

    Attributes:
        r, alpha: shape and rate of the purchase rates.
        s, beta: shape and rate of the rates of stopping.
        log_likelihood: of the data that it was fitted on.
    """

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float

    @classmethod
    def fit(cls, summary: Summary) -> Pareto:
        """Maximum likelihood, with analytic gradients, on the distinct rows of a summary of at least one customer."""
        rows, times = grouped(summary.frequency, summary.recency, summary.age)
        (r, alpha, s, beta), found = most_likely(
            lambda parameters: _log_likelihood(parameters, *rows), times, _STARTS, [_BOUNDS] * 4
        )
        return cls(float(r), float(alpha), float(s), float(beta), log_likelihood=found)

    def alive(self, summary: Summary) -> Floats:
        """The probability that each customer has not stopped, 0 … 1."""
        parameters = np.array([self.r, self.alpha, self.s, self.beta])
        alive, stopped, _, _ = _terms(parameters, summary.frequency, summary.recency, summary.age)
        return np.exp(alive - np.logaddexp(alive, stopped))

    def expected(self, summary: Summary, weeks: float) -> Floats:
        """How many purchases to expect of each customer in the coming weeks."""
        s = self.s + _SINGULAR if abs(self.s - 1) < _SINGULAR else self.s
        rate = (self.r + summary.frequency) / (self.alpha + summary.age)
        lasting = (self.beta + summary.age) / (s - 1)
        lasting *= 1 - ((self.beta + summary.age) / (self.beta + summary.age + weeks)) ** (s - 1)
        return rate * lasting * self.alive(summary)


def _terms(parameters: Floats, x: Floats, recency: Floats, age: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Logarithms of "still alive" and "stopped between the last purchase and now", without what both share.

    Returns:
        Both; and for each row and node the share of the second that it adds, and the moment that it stands for.
    """
    r, alpha, s, beta = parameters
    alive = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    # over v = log((alpha + y) / (alpha + recency)), in which the integrand falls like e^-(r + x)v
    span = np.minimum(np.log((alpha + age) / (alpha + recency)), _NOTHING_LEFT / (r + x))
    v = span[:, None] * (_NODES + 1) / 2
    moment = (alpha + recency)[:, None] * np.exp(v) - alpha
    with np.errstate(divide="ignore"):
        logs = (
            np.log(span)[:, None] + np.log(_WEIGHTS / 2) + np.log(alpha + moment) + np.log(s)
            - (r + x)[:, None] * np.log(alpha + moment) - (s + 1) * np.log(beta + moment)
        )  # fmt: skip
        stopped = logsumexp(logs, axis=1)
        share = np.exp(logs - np.where(np.isfinite(stopped), stopped, 0)[:, None])
    return alive, stopped, share, moment


def _log_likelihood(parameters: Floats, x: Floats, recency: Floats, age: Floats) -> tuple[Floats, Floats]:
    """Of each row, and its derivatives by the logarithms of r, alpha, s, beta."""
    r, alpha, s, beta = parameters
    alive, stopped, share, moment = _terms(parameters, x, recency, age)
    either = np.logaddexp(alive, stopped)
    of_alive, of_stopped = np.exp(alive - either), np.exp(stopped - either)
    found = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + either

    def averaged(of_age: Floats, of_moment: Floats) -> Floats:
        return of_alive * of_age + of_stopped * np.sum(share * of_moment, axis=1)

    by_r = digamma(r + x) - digamma(r) + np.log(alpha) - averaged(np.log(alpha + age), np.log(alpha + moment))
    by_alpha = r / alpha - (r + x) * averaged(1 / (alpha + age), 1 / (alpha + moment))
    by_s = np.log(beta) + averaged(-np.log(beta + age), 1 / s - np.log(beta + moment))
    by_beta = s / beta - averaged(s / (beta + age), (s + 1) / (beta + moment))
    return found, np.vstack([by_r * r, by_alpha * alpha, by_s * s, by_beta * beta])
