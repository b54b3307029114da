"""Approving campaigns and journeys; what the command line says of second persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.session import console
from stores.counted import counted
from stores.errors import UserError
from stores.settings import Settings

if TYPE_CHECKING:
    from exports.definitions.approval import Approval
    from exports.definitions.campaign import Campaign
    from exports.policy.second_approval import SecondApproval
    from stores.publication import Publication

By = Annotated[str, typer.Option("--by", help="Who decides; kept with the decision and in the audit log.")]
Plan = Annotated[
    str,
    typer.Option("--plan", metavar="PUBLICATION", help="Only if this is the current publication, whose plan was seen."),
]
SENDS_PLAN = "The next delivery sends it: that of `guanxi run`, or of `guanxi up` within minutes."


def approve_of(settings: Settings, campaign: Campaign, by: str, plan: str = "") -> bool:
    """Approve a campaign or a journey; what it names must be there before.

    Of one that is approved as it is, whose plan needs a second person, it approves the plan.

    Args:
        settings: the installation.
        campaign: the campaign or journey.
        by: who approves.
        plan: the publication that was looked at; empty for whichever is current.

    Returns:
        Whether it was the plan that was approved, by the second person.

    Raises:
        UserError: nobody is named, something that it names is not there, a step that those inside may still come to
            is not as it was, the publication is another one, or a second person is needed and the one who is named is
            not.
    """
    from exports.definitions.approval import APPROVED, approvals, decide
    from exports.definitions.journeys.journey_files import JourneyCampaign
    from exports.definitions.journeys.kept_steps import require_kept_steps
    from exports.definitions.registration import check_campaigns, check_links
    from exports.policy.second_approval import approve_as_second

    check_campaigns(settings, [campaign])
    check_links(settings, campaign)
    if isinstance(campaign, JourneyCampaign):
        require_kept_steps(settings, campaign)
    publication, plans = plan_standings(settings, [campaign])
    current = publication.publication_id if publication else "none"
    if plan and plan != current:
        raise UserError(
            f"The current publication is {current}, not {plan} any more. Look at its plan with `guanxi campaign "
            f"preview {campaign.campaign_id}` first."
        )
    approval = approvals(settings, [campaign])[campaign.campaign_id]
    found = plans.get(campaign.campaign_id)
    if found and publication and approval.state == APPROVED:
        if found.is_missing:
            approve_as_second(settings, campaign, approval, found, publication, by)
            return True
        if found.approved_by:
            return False  # two people approved it already
    decide(settings, campaign, APPROVED, by)
    return False


def plan_standings(
    settings: Settings, campaigns: Sequence[Campaign], standing: Mapping[str, Approval] | None = None
) -> tuple[Publication | None, dict[str, SecondApproval]]:
    """The current publication, and where the plan of each campaign stands in it; nothing where it has no plan.

    Raises:
        PublicationDamaged: the publication cannot be read.
        UserError: a template is missing or wrong.
    """
    from exports.definitions.approval import approvals
    from exports.policy.second_approval import second_approvals
    from serving.published_copy import PublishedCopy, TableMissing
    from stores.warehouse import current_publication

    publication = current_publication(settings)
    if publication is None:
        return None, {}
    try:
        with PublishedCopy(publication.path) as published:
            found = second_approvals(
                settings, published, publication, campaigns, standing or approvals(settings, campaigns)
            )
    except TableMissing:
        return publication, {}
    return publication, found


def second_person_lines(campaign: Campaign, found: SecondApproval, publication: Publication) -> list[str]:
    """What a second person has to do with the plan of a campaign, in words; nothing where nobody is needed."""
    if found.is_missing:
        others = " and ".join(found.first)
        who = f"somebody other than {others}" if others else "a second person"
        why = ", ".join(one.in_words for one in found.exceeded)
        return [
            f"Its plan of publication {publication.publication_id} needs a second person: {why}. Nothing of it is sent "
            f"before {who} runs `guanxi {campaign.kind} approve {campaign.campaign_id} --by NAME`."
        ]
    if found.approved_by:
        messages = counted(found.size.messages, "message")
        return [f"Its plan of {messages} is approved by a second person: {found.approved_by}."]
    return []


def warn_of_second_person(settings: Settings, campaign: Campaign) -> None:
    """Say that the plan needs a second person, or who that was; nothing where nobody is needed."""
    publication, plans = plan_standings(settings, [campaign])
    found = plans.get(campaign.campaign_id)
    if publication and found:
        for line in second_person_lines(campaign, found, publication):
            console.print(line, style="yellow" if found.is_missing else None, markup=False, soft_wrap=True)


def second_approval_document(found: SecondApproval | None) -> dict[str, Any] | None:
    """Where the plan of a campaign stands, for scripts; None where there is no plan."""
    if found is None:
        return None
    return {
        "is_missing": found.is_missing,
        "exceeded": [
            {
                "measure": one.measure,
                "value": one.value,
                "most": one.most,
                "name_zh": one.name_zh,
                "name_en": one.name_en,
            }
            for one in found.exceeded
        ],
        "messages": found.size.messages,
        "customers": found.size.customers,
        "cost": found.size.cost,
        "share": found.size.share,
        "first": list(found.first),
        "approved_by": found.approved_by or None,
        "approved_at": found.approved_at and found.approved_at.replace(tzinfo=UTC).isoformat(),
    }
