"""The reading of an experiment: alarms first, then every metric of every variant against the control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from intelligence.experiments.arm_statistics import ArmStatistics, MetricStatistics
from intelligence.experiments.corrections import holm
from intelligence.experiments.cuped import Adjusted, adjusted_difference
from intelligence.experiments.differences import FEWEST_EXPECTED, Difference, Level, difference
from intelligence.experiments.distributions import chi_square, chi_square_p_value
from intelligence.experiments.exploration import Exploration, explore
from intelligence.experiments.sample_ratio import SampleRatio, sample_ratio

# Below it values are missing in one arm more often than in the other by more than chance.
MISSING_ALARM = 0.01
# From this share of units in more than one arm on, the assignment is not kept.
CONTAMINATION_ALARM = 0.01
# From this share of a metric's spread on, a single unit decides its reading; of few units some always does.
OUTLIER_ALARM = 0.2
FEWEST_FOR_OUTLIERS = 100


class AlarmKind(StrEnum):
    """What is wrong with an experiment, not with its variants."""

    SAMPLE_RATIO = "sample_ratio"
    ONE_ARM = "one_arm"
    CONTAMINATION = "contamination"
    COVARIATE = "covariate"
    MISSING = "missing_values"
    OUTLIER = "outlier"


@dataclass(frozen=True)
class Alarm:
    """An alarm.

    Attributes:
        kind: what is wrong.
        metric: of which metric; empty where all are concerned.
        arm: in which arm; empty where it is about several.
        value: the p-value, the share, or the number of units that raised it.
    """

    kind: AlarmKind
    metric: str = ""
    arm: str = ""
    value: float = 0.0


@dataclass(frozen=True)
class Design:
    """What was laid down before the experiment began.

    Attributes:
        control: the arm that others are compared with.
        expected: arm to planned share; equal shares where empty.
        alpha: 1 less the confidence of every interval, and the level of every test.
        sequential: whether the experiment is read before its end, so that intervals have to hold at every look.
    """

    control: str
    expected: Mapping[str, float] = field(default_factory=dict)
    alpha: float = 0.05
    sequential: bool = False


@dataclass(frozen=True)
class Comparison:
    """One metric of one variant against the control.

    Attributes:
        metric, variant: which.
        is_share: whether the metric says yes or no.
        plain: all units as they were assigned, whatever became of them (intent-to-treat); what the verdict is by.
        control_missing, variant_missing: units without a value, left out of this metric.
        corrected_p_value: of `plain`, corrected for all comparisons of the experiment (Holm).
        is_shown: whether the difference is shown: the corrected p-value is below alpha.
        cuped: adjusted by the covariate; None without one.
        as_sent: units that were sent something only; who that was is not left to chance. None where not known.
        capped: values beyond `cap` taken for it; None where no single unit decides.
        cap: lowest and highest value of `capped`.
    """

    metric: str
    variant: str
    is_share: bool
    plain: Difference
    control_missing: int = 0
    variant_missing: int = 0
    corrected_p_value: float | None = None
    is_shown: bool = False
    cuped: Adjusted | None = None
    as_sent: Difference | None = None
    capped: Difference | None = None
    cap: tuple[float, float] | None = None


@dataclass(frozen=True)
class ExperimentReading:
    """All that an experiment shows.

    Attributes:
        design: what was laid down before.
        ratio: the sizes of the arms against the plan.
        alarms: what is wrong with the experiment.
        comparisons: each metric of each variant, in the order of the metrics.
        explorations: the same by group, corrected among themselves.
        contaminated: units that were in more than one arm, in no figure.
    """

    design: Design
    ratio: SampleRatio
    alarms: list[Alarm]
    comparisons: list[Comparison]
    explorations: list[Exploration]
    contaminated: int = 0

    @property
    def tested(self) -> int:
        """How many comparisons have a p-value: what they are corrected for."""
        return sum(one.plain.p_value is not None for one in self.comparisons)


def read_experiment(
    assigned: Mapping[str, int], metrics: Sequence[MetricStatistics], design: Design, contaminated: int = 0
) -> ExperimentReading:
    """Read an experiment.

    Args:
        assigned: arm to the units that were assigned to it, contaminated ones left out.
        metrics: the sums of every arm for each metric.
        design: what was laid down before it began.
        contaminated: units that were in more than one arm; they are in no sum.
    """
    ratio = sample_ratio(assigned, design.expected)
    # an arm that was planned and has no units is told by its size; there is nothing to compare
    variants = [arm for arm, units in ratio.units.items() if arm != design.control and units]
    if not assigned.get(design.control):
        variants = []
    level = Level(design.alpha, design.sequential, max(1, len(metrics) * len(variants)))
    compared = [_compared(metric, variant, design.control, level) for metric in metrics for variant in variants]
    corrected = holm([one.plain.p_value for one in compared])
    comparisons = [
        replace(one, corrected_p_value=value, is_shown=value is not None and value < design.alpha)
        for one, value in zip(compared, corrected, strict=True)
    ]
    alarms = _alarms(ratio, bool(variants), contaminated)
    alarms += [Alarm(AlarmKind.COVARIATE, one.metric, one.variant, one.cuped.balance_p_value or 0.0)
               for one in comparisons if one.cuped and one.cuped.is_refused]  # fmt: skip
    for metric in metrics:
        alarms += _alarms_of_values(metric)
    explorations = explore(metrics, variants, design.control, level)
    return ExperimentReading(design, ratio, alarms, comparisons, explorations, contaminated)


def _compared(metric: MetricStatistics, variant: str, control: str, level: Level) -> Comparison:
    nobody = ArmStatistics(0)

    def compare(arms: Mapping[str, ArmStatistics], base: Mapping[str, ArmStatistics]) -> Difference:
        return difference(base.get(control, nobody), arms.get(variant, nobody), metric.is_share, level)

    plain = compare(metric.arms, metric.arms)
    cuped = None
    if metric.covariate and plain.control_units and plain.variant_units:
        cuped = adjusted_difference(metric.covariate, metric.arms, control, variant, level)
    as_sent = None
    if metric.sent:
        # a hold-out is sent nothing: those who were sent the variant stand beside all of it
        is_sent = control in metric.sent and metric.sent[control].units
        as_sent = compare(metric.sent, metric.sent if is_sent else metric.arms)
    capped = compare(metric.capped, metric.capped) if metric.capped else None
    missing = [metric.arms.get(arm, nobody).missing for arm in (control, variant)]
    return Comparison(
        metric.name, variant, metric.is_share, plain, missing[0], missing[1],
        cuped=cuped, as_sent=as_sent, capped=capped, cap=metric.cap,
    )  # fmt: skip


def _alarms(ratio: SampleRatio, has_variants: bool, contaminated: int) -> list[Alarm]:
    alarms = []
    if not has_variants:
        alarms.append(Alarm(AlarmKind.ONE_ARM))
    if ratio.is_alarm:
        assert ratio.p_value is not None
        alarms.append(Alarm(AlarmKind.SAMPLE_RATIO, value=ratio.p_value))
    if contaminated > CONTAMINATION_ALARM * (contaminated + sum(ratio.units.values())):
        alarms.append(Alarm(AlarmKind.CONTAMINATION, value=contaminated))
    return alarms


def _alarms_of_values(metric: MetricStatistics) -> list[Alarm]:
    alarms = []
    p_value = _missing_p_value(metric.arms)
    if p_value is not None and p_value < MISSING_ALARM:
        alarms.append(Alarm(AlarmKind.MISSING, metric.name, value=p_value))
    for name, arm in metric.arms.items():
        if is_decided_by_one(metric, arm):
            alarms.append(Alarm(AlarmKind.OUTLIER, metric.name, name, arm.share_of_farthest))
    return alarms


def is_decided_by_one(metric: MetricStatistics, arm: ArmStatistics) -> bool:
    """Whether a single unit makes up so much of an arm's spread that it decides the reading."""
    return not metric.is_share and arm.units >= FEWEST_FOR_OUTLIERS and arm.share_of_farthest > OUTLIER_ALARM


def _missing_p_value(arms: Mapping[str, ArmStatistics]) -> float | None:
    """Probability of arms at least so unlike in their share of missing values by chance."""
    counts = [(arm.missing, arm.units) for arm in arms.values() if arm.missing + arm.units]
    missing, everybody = sum(count for count, _ in counts), sum(map(sum, counts))
    share = missing / everybody if everybody else 0.0
    expected = [part * sum(count) for count in counts for part in (share, 1 - share)]
    if len(counts) < 2 or not expected or min(expected) < FEWEST_EXPECTED:
        return None
    return chi_square_p_value(chi_square([one for count in counts for one in count], expected), len(counts) - 1)
