"""What a reading needs to know of an arm: a handful of sums, so that a file and a mart can feed the same functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ArmStatistics:
    """Sums over the units of one arm (实验组) for one metric.

    Squares and products are of deviations from the arm's own means: sums of raw squares lose their digits where a mean
    is large beside the spread.

    Attributes:
        units: units with a value.
        mean: of the metric; of a metric of yes and no the share of yes.
        squares: sum of squared deviations of the metric.
        covariate_mean: mean of the covariate over the same units; 0 without one.
        covariate_squares: sum of squared deviations of the covariate.
        products: sum of the products of both deviations.
        farthest: largest deviation of a single unit, without its sign; 0 where it is not known.
        missing: units of the arm without a value, which are not among `units`.
        covariate_missing: units with a value and without the covariate.
    """

    units: int
    mean: float = 0.0
    squares: float = 0.0
    covariate_mean: float = 0.0
    covariate_squares: float = 0.0
    products: float = 0.0
    farthest: float = 0.0
    missing: int = 0
    covariate_missing: int = 0

    @classmethod
    def from_sums(cls, units: int, total: float, total_of_squares: float, missing: int = 0) -> ArmStatistics:
        """Statistics of plain sums, as a mart adds them up; of a metric of yes and no both sums are the number of yes.

        Args:
            units: units with a value.
            total: sum of the values.
            total_of_squares: sum of their squares.
            missing: units without a value.
        """
        if not units:
            return cls(0, missing=missing)
        mean = total / units
        return cls(units, mean, max(total_of_squares - total * mean, 0.0), missing=missing)

    @classmethod
    def together(cls, arms: Iterable[ArmStatistics]) -> ArmStatistics:
        """Statistics of several arms as of one, from their own: deviations are moved to the mean of all."""
        parts = list(arms)
        units = sum(arm.units for arm in parts)
        missing = sum(arm.missing for arm in parts)
        if not units:
            return cls(0, missing=missing)
        mean = sum(arm.units * arm.mean for arm in parts) / units
        known = sum(arm.units * arm.covariate_mean for arm in parts) / units
        return cls(
            units,
            mean,
            sum(arm.squares + arm.units * (arm.mean - mean) ** 2 for arm in parts),
            known,
            sum(arm.covariate_squares + arm.units * (arm.covariate_mean - known) ** 2 for arm in parts),
            sum(arm.products + arm.units * (arm.mean - mean) * (arm.covariate_mean - known) for arm in parts),
            max(arm.farthest + abs(arm.mean - mean) for arm in parts),
            missing,
            sum(arm.covariate_missing for arm in parts),
        )

    @property
    def variance(self) -> float:
        """Of the values of the units; needs two units."""
        return self.squares / (self.units - 1)

    @property
    def yes(self) -> int:
        """Units that say yes, of a metric of yes and no."""
        return round(self.mean * self.units)

    @property
    def share_of_farthest(self) -> float:
        """How much of the spread a single unit makes up, 0 to 1."""
        return min(self.farthest**2 / self.squares, 1.0) if self.squares > 0 else 0.0


@dataclass(frozen=True)
class MetricStatistics:
    """One metric in all arms.

    Attributes:
        name: of the metric.
        is_share: whether it says yes or no of each unit, so that its mean is a share; else it is a number.
        arms: arm to statistics, of every unit that was assigned to it, sent or not (intent-to-treat 意向性分析).
        covariate: name of the covariate; empty without one.
        sent: the same of the units that were sent something; empty where that is not known.
        groups: the same by group, for exploration.
        capped: the same with values beyond `cap` taken for it; empty where no single unit decides.
        cap: the lowest and the highest value of `capped`.
    """

    name: str
    is_share: bool
    arms: Mapping[str, ArmStatistics]
    covariate: str = ""
    sent: Mapping[str, ArmStatistics] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, ArmStatistics]] = field(default_factory=dict)
    capped: Mapping[str, ArmStatistics] = field(default_factory=dict)
    cap: tuple[float, float] | None = None
