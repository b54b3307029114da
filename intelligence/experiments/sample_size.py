"""Before the start: how many units a difference needs, and which difference a number of units can show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from intelligence.experiments.confidence_sequence import sequence_width
from intelligence.experiments.differences import POWER
from intelligence.experiments.distributions import normal_below, normal_critical

# Beyond it nobody experiments.
MOST_UNITS = 10_000_000_000
# Halvings of an interval: more than a double has digits.
_HALVINGS = 60


@dataclass(frozen=True)
class Plan:
    """What is known before an experiment.

    Attributes:
        baseline: the control's mean; a share of yes, 0 to 1, where `spread` is None.
        spread: standard deviation of a metric that is a number.
        variants: arms beside the control, all of the same size.
        metrics: how many metrics decide; with the variants they say how often the level is divided (Bonferroni, which
            is the first step of Holm).
        control_share: share of all units in the control.
        alpha: level of the test.
        power: probability that the difference is shown.
        sequential: whether it will be read before its end.
    """

    baseline: float
    spread: float | None = None
    variants: int = 1
    metrics: int = 1
    control_share: float = 0.5
    alpha: float = 0.05
    power: float = POWER
    sequential: bool = False

    @property
    def level(self) -> float:
        """The level of each comparison."""
        return self.alpha / (self.variants * self.metrics)

    @property
    def largest_effect(self) -> float:
        """The largest difference that the metric can have; a number has no such."""
        return math.inf if self.spread is not None else 1 - self.baseline

    def arms(self, units: float) -> tuple[float, float]:
        """Units of the control and of each variant, of so many in all."""
        return units * self.control_share, units * (1 - self.control_share) / self.variants


def power_of(plan: Plan, units: float, effect: float) -> float:
    """Probability that a difference is shown, by the normal distribution.

    Shares: the error under the pooled share decides what is shown, the errors of both arms how far estimates spread
    (Fleiss, Levin, Paik: Statistical methods for rates and proportions, 2003, without correction for continuity).

    Args:
        plan: what is known.
        units: in all arms together.
        effect: variant less control, in the metric's unit.
    """
    control, variant = plan.arms(units)
    if plan.spread is not None:
        error = decides = plan.spread * math.sqrt(1 / control + 1 / variant)
    else:
        share = plan.baseline + effect
        pooled = (control * plan.baseline + variant * share) / (control + variant)
        error = math.sqrt(plan.baseline * (1 - plan.baseline) / control + share * (1 - share) / variant)
        decides = error if plan.sequential else math.sqrt(pooled * (1 - pooled) * (1 / control + 1 / variant))
    critical = normal_critical(plan.level)
    if plan.sequential:
        critical = sequence_width(math.ceil(control + variant), plan.level)
    if not error:
        return 1.0 if effect else 0.0
    return normal_below((abs(effect) - critical * decides) / error)


def units_needed(plan: Plan, effect: float) -> int | None:
    """Units in all arms together that show a difference with the plan's power; None beyond `MOST_UNITS`.

    Args:
        plan: what is known.
        effect: variant less control, in the metric's unit, not 0.
    """
    low, high = 0, MOST_UNITS
    if power_of(plan, high, effect) < plan.power:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(plan, middle, effect) >= plan.power else (middle, high)
    return high


def detectable_effect(plan: Plan, units: int) -> float | None:
    """The smallest increase that so many units show with the plan's power; None where no increase is large enough.

    Args:
        plan: what is known.
        units: in all arms together.
    """
    low, high = 0.0, plan.largest_effect
    if math.isinf(high):
        assert plan.spread is not None
        high = plan.spread or 1.0
        while power_of(plan, units, high) < plan.power:
            high *= 2
    elif power_of(plan, units, high) < plan.power:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if power_of(plan, units, middle) >= plan.power else (middle, high)
    return high
