"""Reads a campaign or journey as an experiment: variants against the hold-out, and among themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from intelligence.experiments.arm_statistics import ArmStatistics, MetricStatistics
from intelligence.experiments.differences import Difference, Level, difference
from intelligence.experiments.reading import Design, ExperimentReading, is_decided_by_one, read_experiment
from serving import overview
from serving.campaigns import costs, experiments
from serving.campaigns.costs import CampaignReturn, CostLine
from serving.campaigns.experiments import ArmSums, CampaignArm
from serving.published_copy import NoPublication, PublishedCopy
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import current_publication

HOLDOUT = "holdout"
DECIDING = ("converted", "revenue")
SIDE_EFFECTS = ("opted_out", "complained")
AMONG_VARIANTS = ("converted", "revenue", "opened", "clicked")
FUNNEL = ("sent", "delivered", "opened", "clicked", "converted", "revenue", "complained", "opted_out")


class Note(StrEnum):
    """What has to be known before a reading is believed."""

    NO_HOLDOUT = "no_holdout"
    GOAL_WITHOUT_DATA = "goal_without_data"
    GOAL_OF_MESSAGES = "goal_of_messages"
    STILL_WATCHED = "still_watched"


@dataclass(frozen=True)
class Asked:
    """Which reading.

    Attributes:
        version: of the campaign; None for the newest that has arms.
        alpha: level of the tests.
        sequential: whether intervals hold at every look; None for as long as somebody is still watched.
    """

    version: int | None = None
    alpha: float = 0.05
    sequential: bool | None = None


@dataclass(frozen=True)
class Increment:
    """What all variants together brought beyond the hold-out: a difference times the customers who were assigned.

    Attributes:
        metric: conversions or revenue.
        customers: in all variants.
        difference: a customer of the variants less one of the hold-out.
        value, low, high: of all of them together, with its interval; None where nothing can be said.
    """

    metric: str
    customers: int
    difference: Difference
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CampaignCosts:
    """What a version cost, and what that brought.

    Attributes:
        currency: of all amounts, ISO 4217; empty where no channel states one.
        lines: of its budget.
        brought: beyond the hold-out.
    """

    currency: str
    lines: list[CostLine]
    brought: CampaignReturn


@dataclass(frozen=True)
class CampaignReading:
    """All that a version of a campaign or journey shows as an experiment.

    Attributes:
        campaign_id: which.
        version: of its file; `versions` has all that have arms, the newest first.
        arms: variants and hold-out as they were assigned.
        sums: metric to arm to its sums.
        notes: what has to be known first.
        against_holdout: variants against the hold-out; None without one.
        side_effects: opt-outs and complaints against the hold-out, corrected among themselves; None without one.
        among_variants: each variant against the first one; None with one variant.
        increments: what all variants brought beyond the hold-out.
        costs: what it cost; None in a publication of an older release.
    """

    campaign_id: str
    version: int
    versions: list[int]
    arms: list[CampaignArm]
    sums: Mapping[str, Mapping[str, ArmSums]]
    notes: list[Note] = field(default_factory=list)
    against_holdout: ExperimentReading | None = None
    side_effects: ExperimentReading | None = None
    among_variants: ExperimentReading | None = None
    increments: list[Increment] = field(default_factory=list)
    costs: CampaignCosts | None = None


def read_campaign(settings: Settings, campaign_id: str, asked: Asked) -> CampaignReading:
    """Read a campaign or journey from the publication.

    Args:
        settings: the installation.
        campaign_id: the campaign or journey.
        asked: which reading.

    Raises:
        UserError: nothing is published, nobody was assigned yet, or there is no such campaign or version.
    """
    publication = current_publication(settings)
    if publication is None:
        raise NoPublication(settings)
    with PublishedCopy(publication.path) as published:
        arms = experiments.arms(published, campaign_id)
        if not arms:
            known = experiments.assigned_campaigns(published)
            there = f"Those with customers are {', '.join(known)}." if known else "No campaign has any yet."
            raise UserError(
                f"{campaign_id}: nobody has been assigned to a variant or to the hold-out. {there} Customers are "
                "assigned by the first plan after the approval."
            )
        versions = list(dict.fromkeys(arm.campaign_version for arm in arms))
        version = asked.version if asked.version is not None else versions[0]
        if version not in versions:
            raise UserError(
                f"--version {version}: {campaign_id} has customers in version "
                f"{' and '.join(str(one) for one in sorted(versions))}."
            )
        chosen = [arm for arm in arms if arm.campaign_version == version]
        found = experiments.sums(published, campaign_id, version)
        cost = _costs(published, campaign_id, version)
    return replace(read_arms(campaign_id, chosen, found, asked), versions=versions, costs=cost)


def _costs(published: PublishedCopy, campaign_id: str, version: int) -> CampaignCosts | None:
    if not published.has(costs.RETURNS):
        return None
    brought = [one for one in costs.campaign_returns(published, campaign_id) if one.campaign_version == version]
    lines = costs.cost_lines(published, campaign_id, version)
    return CampaignCosts(overview.reporting_currency(published), lines, brought[0]) if brought else None


def read_arms(campaign_id: str, arms: Sequence[CampaignArm], found: Iterable[ArmSums], asked: Asked) -> CampaignReading:
    """Read the arms of one version.

    Args:
        campaign_id: the campaign or journey.
        arms: its arms, at least one.
        found: the sums of each arm and metric.
        asked: which reading.
    """
    sums: dict[str, dict[str, ArmSums]] = {}
    for one in found:
        sums.setdefault(one.metric, {})[one.arm] = one
    notes = _notes(arms)
    is_sequential = Note.STILL_WATCHED in notes if asked.sequential is None else asked.sequential
    holdout = [arm.arm for arm in arms if arm.is_holdout]
    variants = [arm.arm for arm in arms if not arm.is_holdout]
    reading = CampaignReading(
        campaign_id, arms[0].campaign_version, [arms[0].campaign_version], list(arms), sums, notes
    )
    if holdout:
        left_out = {"converted"} if {Note.GOAL_WITHOUT_DATA, Note.GOAL_OF_MESSAGES} & {*notes} else set()
        design = Design(HOLDOUT, _shares(arms), asked.alpha, is_sequential)
        deciding = [_statistics(sums[name]) for name in DECIDING if name in sums and name not in left_out]
        reading = replace(
            reading,
            against_holdout=_read(arms, deciding, design),
            side_effects=_read(arms, [_statistics(sums[name]) for name in SIDE_EFFECTS if name in sums], design),
            increments=[_increment(one, variants, Level(asked.alpha, is_sequential)) for one in deciding],
        )
    if len(variants) > 1:
        among = [arm for arm in arms if not arm.is_holdout]
        left_out = {"converted"} if Note.GOAL_WITHOUT_DATA in notes else set()
        compared = [
            _statistics(sums[name], variants) for name in AMONG_VARIANTS if name in sums and name not in left_out
        ]
        design = Design(variants[0], _shares(among), asked.alpha, is_sequential)
        reading = replace(reading, among_variants=_read(among, compared, design))
    return reading


def _notes(arms: Sequence[CampaignArm]) -> list[Note]:
    said = {
        Note.NO_HOLDOUT: not any(arm.is_holdout for arm in arms),
        Note.GOAL_WITHOUT_DATA: not arms[0].has_goal_data,
        Note.GOAL_OF_MESSAGES: arms[0].is_goal_of_messages,
        Note.STILL_WATCHED: any(arm.open_customers for arm in arms),
    }
    return [note for note, is_so in said.items() if is_so]


def _shares(arms: Sequence[CampaignArm]) -> dict[str, float]:
    return {arm.arm: arm.planned_share for arm in arms}


def _read(arms: Sequence[CampaignArm], metrics: Sequence[MetricStatistics], design: Design) -> ExperimentReading:
    assigned = {arm.arm: arm.customers for arm in arms}
    return read_experiment(assigned, metrics, design, arms[0].contaminated_customers)


def _statistics(by_arm: Mapping[str, ArmSums], arms: Sequence[str] | None = None) -> MetricStatistics:
    """A metric as the readings take it; of these arms only, if they are given."""
    chosen = {name: one for name, one in by_arm.items() if arms is None or name in arms}
    first = next(iter(chosen.values()))
    metric = MetricStatistics(
        first.metric,
        first.is_share,
        {name: _arm(one) for name, one in chosen.items()},
        first.covariate or "",
        {
            name: ArmStatistics(one.sent_units, one.sent_mean or 0.0, one.sent_squares or 0.0)
            for name, one in chosen.items()
        },
    )
    if not any(is_decided_by_one(metric, arm) for arm in metric.arms.values()) or first.cap_low is None:
        return metric
    capped = {
        name: ArmStatistics(one.units, one.capped_mean or 0.0, one.capped_squares or 0.0, missing=one.missing_units)
        for name, one in chosen.items()
    }
    return replace(metric, capped=capped, cap=(first.cap_low, first.cap_high or 0.0))


def _arm(one: ArmSums) -> ArmStatistics:
    mean = one.mean or 0.0
    farthest = max(mean - (one.lowest or 0.0), (one.highest or 0.0) - mean) if one.units else 0.0
    return ArmStatistics(
        one.units, mean, one.squares or 0.0, one.covariate_mean or 0.0, one.covariate_squares or 0.0,
        one.products or 0.0, farthest, one.missing_units,
    )  # fmt: skip


def _increment(metric: MetricStatistics, variants: Sequence[str], level: Level) -> Increment:
    nobody = ArmStatistics(0)
    addressed = ArmStatistics.together(metric.arms.get(name, nobody) for name in variants)
    found = difference(metric.arms.get(HOLDOUT, nobody), addressed, metric.is_share, level)
    increment = Increment(metric.name, addressed.units, found)
    if found.difference is None or found.low is None or found.high is None:
        return increment
    value, low, high = (addressed.units * one for one in (found.difference, found.low, found.high))
    return replace(increment, value=value, low=low, high=high)
