"""The experiments that campaigns and journeys are: their arms as assigned, and the sums of each arm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from serving.published_copy import PublishedCopy

ARMS = "campaigns.campaign_arms"
METRICS = "campaigns.campaign_arm_metrics"


@dataclass(frozen=True)
class CampaignArm:
    """An arm of a version of a campaign or journey.

    Attributes:
        campaign_version: of the file.
        arm: the variant, or holdout.
        name_zh, name_en: what the campaign is called.
        kind: campaign or journey.
        goal: what counts as success.
        is_holdout: whether it is the hold-out.
        has_goal_data: whether any channel tells of the goal.
        is_goal_of_messages: whether only a message can bring the goal about.
        customers: assigned to the arm, contaminated ones left out.
        sent_customers: those among them who were sent a message.
        open_customers: those among them who are still watched.
        contaminated_customers: of the version, in several arms.
        planned_share: share of all customers that the file plans for it, 0 to 1.
        first_assigned_on, last_assigned_on: days of assignments.
    """

    campaign_version: int
    arm: str
    name_zh: str
    name_en: str
    kind: str
    goal: str
    is_holdout: bool
    has_goal_data: bool
    is_goal_of_messages: bool
    customers: int
    sent_customers: int
    open_customers: int
    contaminated_customers: int
    planned_share: float
    first_assigned_on: date
    last_assigned_on: date


@dataclass(frozen=True)
class ArmSums:
    """The sums of one metric in one arm; squares and products are of deviations from the arm's means.

    Attributes:
        arm: the variant, or holdout.
        metric: what was measured.
        covariate: what was known before the assignment; empty where nothing is used.
        is_share: whether the metric says yes or no.
        units, missing_units, sent_units: customers with a value, without one, with one who were sent a message.
        mean, squares, lowest, highest: of the metric.
        covariate_mean, covariate_squares, products: of the covariate, and of both.
        sent_mean, sent_squares: of those who were sent a message.
        capped_mean, capped_squares, cap_low, cap_high: with values beyond the cap taken for it; None where hardly any
            value differs.
    """

    arm: str
    metric: str
    covariate: str | None
    is_share: bool
    units: int
    missing_units: int
    sent_units: int
    mean: float | None
    squares: float | None
    lowest: float | None
    highest: float | None
    covariate_mean: float | None
    covariate_squares: float | None
    products: float | None
    sent_mean: float | None
    sent_squares: float | None
    capped_mean: float | None
    capped_squares: float | None
    cap_low: float | None
    cap_high: float | None


def arms(published: PublishedCopy, campaign_id: str) -> list[CampaignArm]:
    """The arms of every version of a campaign or journey, the newest version first, the hold-out last.

    Raises:
        TableMissing: the publication was made by an older release.
    """
    names = ", ".join(CampaignArm.__dataclass_fields__)
    found = published.rows(
        f"select {names} from {ARMS} where campaign_id = ? order by campaign_version desc, is_holdout, arm",
        [campaign_id],
    )
    return [CampaignArm(**row) for row in found]


def assigned_campaigns(published: PublishedCopy) -> list[str]:
    """The campaigns and journeys that have arms.

    Raises:
        TableMissing: the publication was made by an older release.
    """
    return [name for (name,) in published.values(f"select distinct campaign_id from {ARMS} order by all")]


def sums(published: PublishedCopy, campaign_id: str, version: int) -> list[ArmSums]:
    """The sums of every arm and metric of a version.

    Raises:
        TableMissing: the publication was made by an older release.
    """
    names = ", ".join(ArmSums.__dataclass_fields__)
    found = published.rows(
        f"select {names} from {METRICS} where campaign_id = ? and campaign_version = ? order by metric, arm",
        [campaign_id, version],
    )
    return [ArmSums(**row) for row in found]
