"""The difference between two arms: a test, an interval, the relative lift, and what would have been seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from intelligence.experiments.arm_statistics import ArmStatistics
from intelligence.experiments.confidence_sequence import sequence_p_value, sequence_width
from intelligence.experiments.distributions import (
    normal_critical,
    normal_p_value,
    normal_quantile,
    student_critical,
    student_p_value,
)

# How probable it is that a difference of `Difference.detectable` is shown.
POWER = 0.8
# With fewer expected yes or no in an arm the normal distribution does not hold.
FEWEST_EXPECTED = 5
# With fewer units in an arm the spread is too uncertain for an interval that has to hold at every look.
FEWEST_FOR_SEQUENCE = 30
# What rounding leaves of equal values, as a share of them.
_ROUNDING = 1e-12


class State(StrEnum):
    """What can be said of a difference."""

    TESTED = "tested"
    ALL_EQUAL = "all_equal"  # every unit of both arms has the same value
    NO_SPREAD = "no_spread"  # the arms differ, and within each every unit has the same value
    TOO_FEW = "too_few"  # too few units, or too few that say yes, for any test
    NO_UNITS = "no_units"  # an arm has no unit with a value


class Method(StrEnum):
    """How the p-value was found."""

    POOLED_Z = "pooled_z"
    FISHER = "fisher_exact"
    WELCH = "welch_t"
    SEQUENCE = "confidence_sequence"


@dataclass(frozen=True)
class Difference:
    """Variant less control.

    Attributes:
        state: what can be said.
        control, variant: means (shares of yes); None without units.
        control_units, variant_units: how many units they are of.
        difference, low, high: in the metric's own unit, with its interval.
        lift, lift_low, lift_high: difference over the control's mean, with the interval of Fieller; None where that
            mean is not above zero, the interval also where it is not clearly so.
        test: how `statistic` and `p_value` were found.
        standard_error: of the difference, without an assumption that the arms are equal.
        detectable: a difference that would have been shown with probability `POWER`; None where none would.
    """

    state: State
    control: float | None = None
    variant: float | None = None
    control_units: int = 0
    variant_units: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    test: Method | None = None
    statistic: float | None = None
    p_value: float | None = None
    standard_error: float | None = None
    detectable: float | None = None


@dataclass(frozen=True)
class Level:
    """How surely something has to be shown.

    Attributes:
        alpha: 1 less the confidence of intervals.
        sequential: whether they have to hold at every look.
        comparisons: among how many comparisons this is one, for what would have been seen; intervals are its own.
    """

    alpha: float
    sequential: bool = False
    comparisons: int = 1

    @property
    def of_each(self) -> float:
        """The level of one among all comparisons (Bonferroni, the first step of Holm)."""
        return self.alpha / self.comparisons


def difference(control: ArmStatistics, variant: ArmStatistics, is_share: bool, level: Level) -> Difference:
    """Compare two arms.

    Shares: two-sided z test with the pooled share, interval with the shares of each arm (Wald); with fewer than
    `FEWEST_EXPECTED` expected yes or no Fisher's exact test and the interval of Agresti and Caffo (2000). Numbers:
    Welch's t test and its interval. Sequential: the asymptotic confidence sequence and its p-value for both.

    Args:
        control: what is compared with.
        variant: what is compared.
        is_share: whether the metric says yes or no.
        level: how surely it has to be shown.
    """
    known = Difference(
        State.NO_UNITS,
        control.mean if control.units else None,
        variant.mean if variant.units else None,
        control.units,
        variant.units,
    )
    if not control.units or not variant.units:
        return known
    less = variant.mean - control.mean
    lift = less / control.mean if control.mean > 0 else None
    known = replace(known, state=State.TESTED, difference=less, lift=lift)
    return _of_shares(known, control, variant, level) if is_share else _of_means(known, control, variant, level)


def _of_shares(known: Difference, control: ArmStatistics, variant: ArmStatistics, level: Level) -> Difference:
    pooled = (control.yes + variant.yes) / (control.units + variant.units)
    fewest = min(control.units, variant.units) * min(pooled, 1 - pooled)
    if fewest < FEWEST_EXPECTED:
        return _of_few(known, control, variant, level)
    errors = tuple(arm.mean * (1 - arm.mean) / arm.units for arm in (control, variant))
    together = math.sqrt(pooled * (1 - pooled) * (1 / control.units + 1 / variant.units))
    assert known.difference is not None
    z = known.difference / together
    tested = replace(known, test=Method.POOLED_Z, statistic=z, p_value=normal_p_value(z))
    return _only_possible(_with_intervals(tested, errors, normal_critical, level))


def _of_few(known: Difference, control: ArmStatistics, variant: ArmStatistics, level: Level) -> Difference:
    """Shares of which too few are yes, or no, for the normal distribution."""
    table = [[arm.yes, arm.units - arm.yes] for arm in (variant, control)]
    is_equal = not (table[0][0] + table[1][0]) or not (table[0][1] + table[1][1])
    if level.sequential:
        return replace(known, state=State.ALL_EQUAL if is_equal else State.TOO_FEW)
    # one more yes and one more no in each arm: an arm without any yes has an interval too
    padded = [((yes + 1) / (yes + no + 2), yes + no + 2) for yes, no in table]
    error = math.sqrt(sum(share * (1 - share) / units for share, units in padded))
    middle = padded[0][0] - padded[1][0]
    tested = replace(
        known,
        state=State.ALL_EQUAL if is_equal else State.TESTED,
        low=max(middle - normal_critical(level.alpha) * error, -1.0),
        high=min(middle + normal_critical(level.alpha) * error, 1.0),
        test=Method.FISHER,
        p_value=1.0 if is_equal else _fisher(table),
        standard_error=error,
        detectable=_detectable(normal_critical(level.of_each), error),
    )
    return _only_possible(tested)


def _only_possible(found: Difference) -> Difference:
    """Shares differ by 1 at most: a larger difference is none that would have been seen."""
    return replace(found, detectable=None) if found.detectable is not None and found.detectable >= 1 else found


def _fisher(table: list[list[int]]) -> float:
    from scipy.stats import fisher_exact  # slow to import, and needed for small experiments only

    return float(fisher_exact(table).pvalue)


def _of_means(known: Difference, control: ArmStatistics, variant: ArmStatistics, level: Level) -> Difference:
    if min(control.units, variant.units) < (FEWEST_FOR_SEQUENCE if level.sequential else 2):
        return replace(known, state=State.TOO_FEW)
    assert known.difference is not None
    errors = tuple(arm.variance / arm.units for arm in (control, variant))
    scale = max(abs(control.mean), abs(variant.mean))
    if math.sqrt(sum(errors)) <= _ROUNDING * scale:
        is_equal = abs(known.difference) <= _ROUNDING * scale
        return replace(known, state=State.ALL_EQUAL if is_equal else State.NO_SPREAD)
    # Welch and Satterthwaite; shares of the variance first, so that tiny variances do not vanish when squared
    parts = [error / sum(errors) for error in errors]
    freedom = 1 / sum(part**2 / (arm.units - 1) for part, arm in zip(parts, (control, variant), strict=True))
    statistic = known.difference / math.sqrt(sum(errors))
    p_value = student_p_value(statistic, freedom)
    tested = replace(known, test=Method.WELCH, statistic=statistic, p_value=p_value)
    return _with_intervals(tested, errors, lambda alpha: student_critical(alpha, freedom), level)


def _with_intervals(
    tested: Difference, errors: tuple[float, ...], critical: Callable[[float], float], level: Level
) -> Difference:
    """With intervals: what the test's statistic exceeds by chance, by alpha, says how wide; or the sequence does."""
    assert tested.difference is not None
    middle, error = tested.difference, math.sqrt(sum(errors))
    units = tested.control_units + tested.variant_units
    if level.sequential:
        statistic = middle / error
        p_value = sequence_p_value(statistic, units, level.alpha)
        tested = replace(tested, test=Method.SEQUENCE, statistic=statistic, p_value=p_value)
        critical = partial(sequence_width, units)
    reach = critical(level.alpha)
    lift_low, lift_high = _fieller(tested, errors, reach)
    return replace(
        tested,
        low=middle - reach * error,
        high=middle + reach * error,
        lift_low=lift_low,
        lift_high=lift_high,
        standard_error=error,
        detectable=_detectable(critical(level.of_each), error),
    )


def _detectable(critical: float, error: float) -> float:
    return (critical + normal_quantile(POWER)) * error


def _fieller(tested: Difference, errors: tuple[float, ...], critical: float) -> tuple[float | None, float | None]:
    """The interval of the lift: every ratio r for which variant - r · control is no further from 0 than chance allows.

    It holds zero exactly where the interval of the difference does, which that of the delta method need not.
    """
    control, variant = tested.control, tested.variant
    assert control is not None
    assert variant is not None
    leading = control**2 - critical**2 * errors[0]
    if control <= 0 or leading <= 0:
        return None, None
    half = control * variant
    root = math.sqrt(max(half**2 - leading * (variant**2 - critical**2 * errors[1]), 0.0))
    return (half - root) / leading - 1, (half + root) / leading - 1
