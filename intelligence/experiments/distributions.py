"""Probabilities and critical values of the distributions that tests use.

Of `scipy.special`, because `scipy.stats` takes half a second to import and a hundred times as long a value.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy import special


def normal_critical(alpha: float) -> float:
    """What a standard normal value exceeds, in either direction, with probability alpha."""
    return float(-special.ndtri(alpha / 2))


def normal_quantile(probability: float) -> float:
    """What a standard normal value stays below with that probability."""
    return float(special.ndtri(probability))


def normal_below(value: float) -> float:
    """Probability that a standard normal value is below that one."""
    return float(special.ndtr(value))


def normal_p_value(statistic: float) -> float:
    """Probability of a standard normal value at least so far from zero."""
    return float(2 * special.ndtr(-abs(statistic)))


def student_critical(alpha: float, freedom: float) -> float:
    """What a value of Student's distribution exceeds, in either direction, with probability alpha."""
    return float(-special.stdtrit(freedom, alpha / 2))


def student_p_value(statistic: float, freedom: float) -> float:
    """Probability of a value of Student's distribution at least so far from zero."""
    return float(2 * special.stdtr(freedom, -abs(statistic)))


def chi_square_p_value(statistic: float, freedom: int) -> float:
    """Probability of a chi-square value at least so large."""
    return float(special.chdtrc(freedom, statistic))


def chi_square(observed: Sequence[float], expected: Sequence[float]) -> float:
    """Pearson's chi-square of counts against what was expected of each."""
    return sum((count - one) ** 2 / one for count, one in zip(observed, expected, strict=True))
