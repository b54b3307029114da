"""Heterogeneity 异质性: whether a variant does more in one group than in another. Exploration only, and corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from intelligence.experiments.arm_statistics import ArmStatistics, MetricStatistics
from intelligence.experiments.corrections import holm
from intelligence.experiments.differences import Difference, Level, State, difference
from intelligence.experiments.distributions import chi_square_p_value


@dataclass(frozen=True)
class ExploredGroup:
    """One group.

    Attributes:
        group: its name.
        difference: variant less control within it.
        corrected_p_value: corrected for all groups, metrics and variants that were looked at (Holm).
    """

    group: str
    difference: Difference
    corrected_p_value: float | None = None


@dataclass(frozen=True)
class Exploration:
    """A metric of a variant by group.

    Attributes:
        metric, variant: which.
        is_share: whether the metric says yes or no.
        groups: each group; a group is the hint for another experiment, never a result.
        p_value: probability of groups at least so unlike by chance, where the variant does the same in each (Cochran's
            Q), corrected for the metrics and variants; None with fewer than two groups that could be tested.
    """

    metric: str
    variant: str
    is_share: bool
    groups: list[ExploredGroup]
    p_value: float | None = None


def explore(
    metrics: Sequence[MetricStatistics], variants: Sequence[str], control: str, level: Level
) -> list[Exploration]:
    """Compare variants with the control within groups.

    Args:
        metrics: with their groups; those without are left out.
        variants: arms to compare.
        control: the arm that they are compared with.
        level: how surely differences have to be shown.
    """
    nobody = ArmStatistics(0)

    def within(metric: MetricStatistics, variant: str, arms: Mapping[str, ArmStatistics]) -> Difference:
        return difference(arms.get(control, nobody), arms.get(variant, nobody), metric.is_share, level)

    found = [
        Exploration(
            metric.name, variant, metric.is_share,
            [ExploredGroup(group, within(metric, variant, arms)) for group, arms in metric.groups.items()],
        )
        for metric in metrics for variant in variants if metric.groups
    ]  # fmt: skip
    corrected = iter(holm([group.difference.p_value for one in found for group in one.groups]))
    unlike = holm([_heterogeneity([group.difference for group in one.groups]) for one in found])
    return [
        replace(
            one, p_value=p_value, groups=[replace(group, corrected_p_value=next(corrected)) for group in one.groups]
        )
        for one, p_value in zip(found, unlike, strict=True)
    ]


def _heterogeneity(differences: Sequence[Difference]) -> float | None:
    known = [
        (one.difference, one.standard_error)
        for one in differences
        if one.state == State.TESTED and one.difference is not None and one.standard_error
    ]
    if len(known) < 2:
        return None
    weights = [1 / error**2 for _, error in known]
    middle = sum(weight * value for weight, (value, _) in zip(weights, known, strict=True)) / sum(weights)
    spread = sum(weight * (value - middle) ** 2 for weight, (value, _) in zip(weights, known, strict=True))
    return chi_square_p_value(spread, len(known) - 1)
