"""Sample ratio 样本比例: whether the arms are as large as they were meant to be.

Where they are not, units got lost or into another arm for a reason that may also move the metric, and no difference
between the arms can be believed before that reason is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intelligence.experiments.distributions import chi_square, chi_square_p_value

# Below it chance does not explain the sizes: 1 in 100 is a rare false alarm of something that is looked at once.
SAMPLE_RATIO_ALARM = 0.01
# With fewer expected in an arm the chi-square distribution does not hold.
_LEAST_EXPECTED = 5


@dataclass(frozen=True)
class SampleRatio:
    """How large the arms are against the plan.

    Attributes:
        units: arm to units that were assigned to it.
        expected: arm to the share that was planned; they sum to 1.
        p_value: probability of arms at least so far from the plan by chance (chi-square, two arms of few units by the
            binomial distribution); None where there are too few units to say, or one arm only.
    """

    units: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float | None

    @property
    def is_alarm(self) -> bool:
        """Whether chance does not explain the sizes."""
        return self.p_value is not None and self.p_value < SAMPLE_RATIO_ALARM


def sample_ratio(units: Mapping[str, int], expected: Mapping[str, float] | None = None) -> SampleRatio:
    """Hold the sizes of arms against the plan.

    Args:
        units: arm to units; an arm of the plan that has none may be missing.
        expected: arm to planned share, of any sum; equal shares by default. Arms beside the plan have none.
    """
    planned = dict(expected) if expected else dict.fromkeys(units, 1.0)
    total = sum(planned.values())
    shares = {arm: share / total for arm, share in planned.items()}
    counts = {arm: int(units.get(arm, 0)) for arm in {**shares, **units}}
    return SampleRatio(counts, shares, _p_value(counts, shares))


def _p_value(counts: Mapping[str, int], shares: Mapping[str, float]) -> float | None:
    if any(counts[arm] and not shares.get(arm) for arm in counts):
        return 0.0  # units in an arm that should have none
    arms = [arm for arm, share in shares.items() if share > 0]
    everybody = sum(counts[arm] for arm in arms)
    if len(arms) < 2 or not everybody:
        return None
    if min(shares[arm] for arm in arms) * everybody >= _LEAST_EXPECTED:
        distance = chi_square([counts[arm] for arm in arms], [shares[arm] * everybody for arm in arms])
        return chi_square_p_value(distance, len(arms) - 1)
    if len(arms) == 2:
        from scipy.stats import binomtest  # slow to import, and needed for small experiments only

        return float(binomtest(counts[arms[0]], everybody, shares[arms[0]]).pvalue)
    return None
