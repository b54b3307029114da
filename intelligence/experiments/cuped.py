"""CUPED 协变量调整: a difference with less noise, by what was known of each unit before it was assigned.

Deng, Xu, Kohavi, Walker: Improving the sensitivity of online controlled experiments by utilizing pre-experiment data
(2013). Each value becomes y - slope · (x - mean of x); the slope is that within the arms, all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from intelligence.experiments.arm_statistics import ArmStatistics
from intelligence.experiments.differences import Difference, Level, State, difference

# A covariate from before the assignment differs between arms by chance alone; below this p-value it does not.
COVARIATE_ALARM = 0.001


@dataclass(frozen=True)
class Adjusted:
    """A difference adjusted by a covariate.

    Attributes:
        covariate: its name.
        is_refused: the covariate differs between the arms by more than chance: it was measured after the assignment,
            or the assignment is not random. Then there is no adjusted difference.
        balance_p_value: of the covariate's difference between the arms; None where it has no spread.
        difference: adjusted; None where it is refused or the covariate has no spread.
        variance_reduction: share of the variance of the difference that is gone; below 0 where it grew.
        missing: units of both arms without the covariate, which was taken for the mean of all.
    """

    covariate: str
    is_refused: bool = False
    balance_p_value: float | None = None
    difference: Difference | None = None
    variance_reduction: float | None = None
    missing: int = 0


def slope(arms: Mapping[str, ArmStatistics]) -> float | None:
    """How much the metric moves with the covariate within the arms; None where the covariate has no spread."""
    squares = sum(arm.covariate_squares for arm in arms.values())
    return sum(arm.products for arm in arms.values()) / squares if squares > 0 else None


def adjusted_difference(
    covariate: str,
    arms: Mapping[str, ArmStatistics],
    control: str,
    variant: str,
    level: Level,
) -> Adjusted:
    """Compare two arms beside the plain reading, adjusted by a covariate.

    Args:
        covariate: its name.
        arms: every arm of the experiment with the sums of metric and covariate.
        control: the arm that is compared with.
        variant: the arm that is compared.
        level: how surely it has to be shown.
    """
    missing = sum(arms[name].covariate_missing for name in (control, variant))
    balance = difference(_covariate(arms[control]), _covariate(arms[variant]), False, Level(level.alpha))
    p_value = 0.0 if balance.state == State.NO_SPREAD else balance.p_value
    if p_value is not None and p_value < COVARIATE_ALARM:
        return Adjusted(covariate, True, p_value, missing=missing)
    by = slope(arms)
    if by is None:
        return Adjusted(covariate, False, p_value, missing=missing)
    units = sum(arm.units for arm in arms.values())
    middle = sum(arm.units * arm.covariate_mean for arm in arms.values()) / units
    one, other = (_adjusted(arms[name], by, middle) for name in (control, variant))
    found = difference(one, other, False, level)
    before = [arms[name].squares / arms[name].units ** 2 for name in (control, variant) if arms[name].units]
    after = [arm.squares / arm.units**2 for arm in (one, other) if arm.units]
    reduction = 1 - sum(after) / sum(before) if sum(before) > 0 else None
    return Adjusted(covariate, False, p_value, found, reduction, missing)


def _covariate(arm: ArmStatistics) -> ArmStatistics:
    return ArmStatistics(arm.units, arm.covariate_mean, arm.covariate_squares)


def _adjusted(arm: ArmStatistics, by: float, middle: float) -> ArmStatistics:
    squares = arm.squares - 2 * by * arm.products + by**2 * arm.covariate_squares
    return replace(arm, mean=arm.mean - by * (arm.covariate_mean - middle), squares=max(squares, 0.0))
