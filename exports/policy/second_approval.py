"""Whether the plan of a campaign is so large that a second person must approve it, and whether somebody did.

One person approves a campaign as it is written. How much it sends is known only once a plan is made, so a plan above a
row of the seed `approval_limits` waits until somebody else approves it: neither who approved the campaign nor its
owner. What counts are the messages that no second person approved; such an approval holds for the form of the campaign
and the messages of the plan that it was given for. What is missing (a row, a price, the number of customers, an earlier
plan) makes the approval necessary.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from exports.definitions.approval import APPROVED, Approval
from exports.definitions.campaign import Campaign
from serving.campaigns.plan_sizes import ApprovalLimit, PlanSize, plan_sizes, planned_keys, read_limits
from serving.published_copy import PublicationDamaged, PublishedCopy, Row, TableMissing
from stores import operations
from stores.errors import UserError
from stores.operations.table_base import as_dictionaries
from stores.publication import Publication
from stores.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

HELD_AS = "second_approval_missing"
MESSAGES, COST, SHARE, SHARE_COUNTS_FROM = "messages", "cost", "audience_share", "share_counts_from"


@dataclass(frozen=True)
class Exceeded:
    """A measure of a plan that is above what one person may approve.

    Attributes:
        measure: messages, cost or audience_share.
        value: of the plan; None where it cannot be told.
        most: that one person may approve; None where the seed has no row.
        name_zh: what the measure is called in Chinese; its code where the seed has no row.
        name_en: and in English.
    """

    measure: str
    value: float | None
    most: float | None
    name_zh: str
    name_en: str

    @property
    def in_words(self) -> str:
        """The value beside what one person may approve, in English."""
        return f"{self.name_en.lower()} {self._amount(self.value)} (one person: {self._amount(self.most)})"

    def _amount(self, value: float | None) -> str:
        if value is None:
            return "unknown"
        return f"{value:.1%}" if self.measure == SHARE else f"{value:,.2f}".removesuffix(".00")


@dataclass(frozen=True)
class SecondApproval:
    """Where the plan of a campaign stands.

    Attributes:
        size: of what no second person approved; once somebody approved the plan, of the plan.
        exceeded: why a second person is needed still.
        first: who approved the campaign, and its owner: neither is the second person.
        approved_by: the second person, empty where nobody approved it, or nobody needs to.
        approved_at: when, naive UTC.
    """

    size: PlanSize
    exceeded: tuple[Exceeded, ...] = ()
    first: tuple[str, ...] = ()
    approved_by: str = ""
    approved_at: datetime | None = None

    @property
    def is_missing(self) -> bool:
        """Whether nothing of the plan is sent before a second person approves it."""
        return bool(self.exceeded)


def second_approvals(
    settings: Settings,
    published: PublishedCopy,
    publication: Publication,
    campaigns: Sequence[Campaign],
    standing: Mapping[str, Approval],
) -> dict[str, SecondApproval]:
    """Where the plan of each campaign stands, by its id.

    Args:
        settings: the installation.
        published: the publication, open.
        publication: whose plan it is.
        campaigns: the campaigns.
        standing: where they stand themselves.

    Raises:
        TableMissing: the publication has no plan, or not the seeds that sizes are judged by.
    """
    limits = read_limits(published)
    sizes = plan_sizes(published, [campaign.campaign_id for campaign in campaigns])
    given = _given(settings, campaigns, standing)
    found = {}
    asked_of_earlier: dict[str, list[str]] = defaultdict(list)
    for campaign in campaigns:
        name = campaign.campaign_id
        first = _first(campaign, standing[name])
        one = SecondApproval(sizes.get(name, PlanSize()), (), first)
        exceeded = _exceeded(one.size, limits)
        for row in given[name] if exceeded else ():
            if row["publication_id"] == publication.publication_id:
                one = replace(one, approved_by=row["approved_by"], approved_at=row["approved_at"])
                exceeded = ()
            else:
                asked_of_earlier[row["publication_id"]].append(name)
        found[name] = replace(one, exceeded=exceeded)
    waiting = {name for name, one in found.items() if one.is_missing}
    if earlier := _earlier(settings, {key: waiting.intersection(names) for key, names in asked_of_earlier.items()}):
        left = plan_sizes(published, waiting, earlier)
        for name in waiting:
            exceeded = _exceeded(left.get(name, PlanSize()), limits)
            newest = max(given[name], key=lambda row: row["approved_at"], default=None)
            if exceeded:
                found[name] = replace(found[name], size=left[name], exceeded=exceeded)
            elif newest:
                found[name] = replace(
                    found[name], exceeded=(), approved_by=newest["approved_by"], approved_at=newest["approved_at"]
                )
    return found


def approve_as_second(
    settings: Settings,
    campaign: Campaign,
    approval: Approval,
    plan: SecondApproval,
    publication: Publication,
    by: str,
) -> None:
    """Approve the plan of a publication as the second person.

    Args:
        settings: the installation.
        campaign: the campaign, approved as it is.
        approval: where it stands.
        plan: where its plan stands: a second person is missing.
        publication: whose plan it is.
        by: who approves; kept with the approval and in the audit log.

    Raises:
        UserError: nobody is named, or somebody who counts as the first person.
    """
    name = " ".join(by.split())
    if not 0 < len(name) <= 100:
        raise UserError("Say who decides, in at most 100 characters: --by NAME.")
    if _same(name) in {_same(one) for one in plan.first}:
        raise UserError(
            f"The plan of {campaign.campaign_id} needs a second person: {name} approved it or owns it already. "
            f"Somebody else runs `guanxi {campaign.kind} approve {campaign.campaign_id} --by NAME`."
        )
    with operations.writing(operations.engine(settings)) as connection:
        operations.approve_plan(
            connection,
            campaign_id=campaign.campaign_id,
            publication_id=publication.publication_id,
            digest=approval.digest,
            version=campaign.version,
            messages=plan.size.messages,
            by=name,
            moment=settings.now(),
            detail=", ".join(one.in_words for one in plan.exceeded),
        )


def _given(settings: Settings, campaigns: Sequence[Campaign], standing: Mapping[str, Approval]) -> dict[str, list[Row]]:
    """What second persons approved, of campaigns that are approved in the same form by somebody else still."""
    found: dict[str, list[Row]] = defaultdict(list)
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    with operations.reading(operations.engine_to_read(settings)) as connection:
        rows = as_dictionaries(connection.execute(select(operations.second_approvals)))
    for row in rows:
        campaign = by_id.get(row["campaign_id"])
        if campaign is None:
            continue
        approval = standing[campaign.campaign_id]
        is_of_this_form = (row["digest"], row["campaign_version"]) == (approval.digest, campaign.version)
        first = {_same(one) for one in _first(campaign, approval)}
        if approval.state == APPROVED and is_of_this_form and _same(row["approved_by"]) not in first:
            found[campaign.campaign_id].append(row)
    return found


def _earlier(settings: Settings, asked: Mapping[str, set[str]]) -> pa.Table | None:
    """The messages of earlier plans that second persons approved; a plan that is gone approves nothing."""
    tables = []
    for publication_id, names in asked.items():
        path = settings.published / f"serving-{publication_id}.duckdb"
        if not path.exists():
            continue
        try:
            with PublishedCopy(path) as earlier:
                tables.append(planned_keys(earlier, names))
        except (PublicationDamaged, TableMissing):
            continue
    if not tables:
        return None
    import pyarrow as pa

    return pa.concat_tables(tables, promote_options="permissive")


def _exceeded(size: PlanSize, limits: Mapping[str, ApprovalLimit]) -> tuple[Exceeded, ...]:
    """The measures that are above what one person may approve; none where nothing is sent."""
    if not size.messages:
        return ()
    measured: list[tuple[str, float | None]] = [(MESSAGES, size.messages), (COST, size.cost)]
    counts_from = limits.get(SHARE_COUNTS_FROM)
    if counts_from is None or size.customers >= counts_from.most:
        measured.append((SHARE, size.share))
    found = []
    for measure, value in measured:
        limit = limits.get(measure)
        if limit is None or value is None or value > limit.most:
            named = limit or ApprovalLimit(0, measure, measure)
            found.append(Exceeded(measure, value, limit.most if limit else None, named.name_zh, named.name_en))
    return tuple(found)


def _first(campaign: Campaign, approval: Approval) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in (approval.decided_by, campaign.owner or "") if one))


def _same(name: str) -> str:
    """A name as it is compared: the same person however it is typed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
