"""Why a customer does not get a campaign or a journey, or where they stand in it: the material of `explain why-not`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from exports.definitions.approval import APPROVED, Approval, approvals
from exports.definitions.campaign import Campaign
from exports.definitions.campaign_audience import Audience
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.campaign_steps import steps_of
from exports.definitions.journeys.journey_files import JourneyCampaign
from exports.definitions.journeys.program import program
from exports.policy.second_approval import HELD_AS, SecondApproval, second_approvals
from orchestration.stewardship import journey_reasons, plan_reasons
from orchestration.stewardship.answers import Answer
from orchestration.stewardship.asked_customer import asked_customer
from orchestration.stewardship.explanations import messages_of
from orchestration.stewardship.message_worth import worth_in_words
from serving import campaign_plan, customers, overview, planned_messages, segments
from serving.campaigns.message_values import message_value
from serving.insight import tags
from serving.journeys.runs import runs_of
from serving.published_copy import PublishedCopy, Row
from serving.rules import names, rule_rows
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication


@dataclass(frozen=True)
class WhyNot:
    """What keeps a customer out of a campaign or journey, and what they got of it.

    Attributes:
        publication: that was asked.
        customer_id: of today.
        campaign: the campaign or journey.
        kind: campaign or journey.
        step: the step that was asked about; empty for all.
        answers: what is known, the first thing to know first.
        plan: rows of the current plan.
        messages: of the ledger.
    """

    publication: Publication
    customer_id: str
    campaign: str
    kind: str
    step: str
    answers: list[Answer] = field(default_factory=list)
    plan: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)


def why_not(settings: Settings, customer: str, name: str, step: str = "") -> WhyNot:
    """Collect what keeps a customer out of a campaign or journey.

    Args:
        settings: the installation.
        customer: an id, also a former one, or a source profile.
        name: of the campaign or journey.
        step: name or number of a step; empty for all.

    Raises:
        UserError: there is no such campaign, step or customer, or nothing is published.
    """
    campaigns = load_campaigns(campaign_folder(settings), name)
    found = next((one for one in campaigns if one.campaign_id == name), None)
    if found is None:
        known = ", ".join(one.campaign_id for one in campaigns) or "none yet"
        raise UserError(f"There is no campaign or journey {name!r}. There are: {known}.")
    chosen, number = _step(found, step)
    with asked_customer(settings, customer) as subject:
        publication, published, customer_id = subject.publication, subject.published, subject.customer_id
        rows = campaign_plan.rows_of_customer(published, customer_id)
        own = [row for row in rows if row["campaign_id"] == name and number in (None, row["step"])]
        every = messages_of(settings, customer_id)
        sent = [row for row in every if row["campaign_id"] == name and number in (None, row["step"])]
        standing = approvals(settings, [found])[name]
        plan = second_approvals(settings, published, publication, [found], {name: standing})[name]
        asked = plan_reasons.Asked(
            settings, published, publication, customer_id, found, rows, every, names(published).reasons,
            frozenset(
                row["state"]
                for row in rule_rows(published, "delivery_states")
                if row.get("takes_cap_slot", "").lower() == "true"
            ),
        )  # fmt: skip
        is_in = bool(own) or (found.kind == "journey" and bool(runs_of(published, customer_id, name)))
        answers = [
            *_standing(found, standing),
            *_second_person(found, plan),
            *([] if is_in else _audience(published, customer_id, found)),
        ]
        if isinstance(found, JourneyCampaign):
            answers += journey_reasons.answers(published, customer_id, found, chosen, publication.as_of)
        answers += [answer for row in own for answer in plan_reasons.answers(asked, row)]
        answers += _worth(published, name, own)
        answers += [_message(found, row, asked) for row in sent]
    if not answers:
        answers = [Answer("not_planned", "The plan of this publication has nothing of it; the next build plans it.")]
    return WhyNot(publication, customer_id, name, found.kind, chosen, answers, own, sent)


def _step(campaign: Campaign, asked: str) -> tuple[str, int | None]:
    """The name of the step that is asked about, and the number of its message; nothing where none is asked about.

    Raises:
        UserError: there is no such step.
    """
    if not asked:
        return "", None
    if isinstance(campaign, JourneyCampaign):
        numbers = {one.name: one.message or 0 for one in program(campaign.journey)}
    else:
        numbers = {one.name: one.number for one in steps_of(campaign)}
    if asked in numbers:
        return asked, numbers[asked]
    for name, number in numbers.items():
        if number and str(number) == asked and not isinstance(campaign, JourneyCampaign):
            return name, number
    raise UserError(f"{campaign.campaign_id} has no step {asked!r}. Its steps: {', '.join(numbers)}.")


def _standing(campaign: Campaign, approval: Approval) -> Iterator[Answer]:
    if not campaign.is_active:
        yield Answer("not_active", "Its file says is_active: false, so that nothing of it is planned.")
    if approval.state != APPROVED:
        who = f" by {approval.decided_by}" if approval.decided_by and approval.state == "paused" else ""
        why = f": {approval.reason}" if approval.reason else ""
        changed = f" ({', '.join(approval.changed_files)})" if approval.state == "changed" else ""
        words = {"draft": "Nobody approved it yet", "paused": f"It is paused{who}{why}"}
        said = words.get(approval.state, f"Its files are not the approved ones{changed}")
        yield Answer("campaign_not_approved", f"{said}; nothing of it is sent.")


def _worth(published: PublishedCopy, name: str, rows: Sequence[Row]) -> Iterator[Answer]:
    """What its messages are worth, where they competed with others."""
    value = message_value(published, name)
    if value and any(row["expected_value"] is not None for row in rows):
        yield Answer("expected_value", f"{worth_in_words(value, overview.reporting_currency(published))}.")


def _second_person(campaign: Campaign, plan: SecondApproval) -> Iterator[Answer]:
    if plan.is_missing:
        why = ", ".join(one.in_words for one in plan.exceeded)
        yield Answer(
            HELD_AS,
            f"Its plan needs the approval of a second person: {why}; nothing of it is sent before. `guanxi "
            f"{campaign.kind} approve {campaign.campaign_id} --by NAME`, by somebody other than "
            f"{' and '.join(plan.first) or 'who approves it first'}.",
        )


def _audience(published: PublishedCopy, customer_id: str, campaign: Campaign) -> Iterator[Answer]:
    """Whether the customer is in the audience that decides who gets it."""
    if campaign.kind == "campaign" and campaign.audience:
        sensitive = {*campaign.tags()}.intersection(tags.sensitive_tags(published))
        unmet = list(_unmet(published, customer_id, campaign.audience, sensitive))
        if unmet:
            yield Answer("not_in_audience", f"Not in its audience now: {'; '.join(unmet)}.")
        elif sensitive:
            # who has one is told by that command alone, which keeps who asked and why
            yield Answer(
                "sensitive_tags",
                f"Its audience goes by the sensitive tags {', '.join(sorted(sensitive))}, of which `guanxi explain tag "
                f"TAG {customer_id}` tells with --by and --why.",
            )
            return
    elif not campaign.segment:
        return
    elif campaign.segment not in customers.segments_of(published, customer_id):
        unmet = [campaign.segment]
        named = {one.name: one for one in segments.named_segments(published)}.get(campaign.segment)
        means = f": {named.description.rstrip('.')}" if named and named.description else ""
        yield Answer(
            "not_in_segment",
            f"Not in its segment {campaign.segment} now{means}. `guanxi explain customer {customer_id}` says what the "
            "customer is.",
        )
    else:
        unmet = []
    if not unmet and campaign.kind == "campaign" and campaign.is_active:
        yield Answer("not_planned", "In its audience, and the plan does not have them; the next build plans it.")


def _unmet(published: PublishedCopy, customer_id: str, audience: Audience, untold: Collection[str]) -> Iterator[str]:
    """What keeps the customer out of the audience, but for tags that are not told."""
    in_segments = set(customers.segments_of(published, customer_id))
    has_tags = set(planned_messages.tags_of(published, customer_id))
    if audience.segments and not in_segments & set(audience.segments):
        yield f"in none of the segments {', '.join(audience.segments)}"
    if missing := [tag for tag in audience.tags if tag not in has_tags and tag not in untold]:
        yield f"without the tags {', '.join(missing)}"
    if closed := [name for name in audience.exclude_segments if name in in_segments]:
        yield f"in the excluded segments {', '.join(closed)}"
    if marked := [tag for tag in audience.exclude_tags if tag in has_tags and tag not in untold]:
        yield f"with the excluded tags {', '.join(marked)}"


def _message(campaign: Campaign, row: Row, asked: plan_reasons.Asked) -> Answer:
    """What became of a message of the ledger."""
    why = f": {asked.words(row['reason'])}" if row["reason"] else ""
    left = row["accepted_at"] or row["planned_at"]
    sent = "Sent" if row["accepted_at"] else "Planned"
    return Answer(
        "message",
        f"{sent} on {left:%Y-%m-%d %H:%M} by {row['channel']}{_name(campaign, row['step'])}: "
        f"{asked.words(row['state'])}{why} (`guanxi explain delivery {row['delivery_id']}`).",
    )


def _name(campaign: Campaign, number: int) -> str:
    """Which step a message belongs to; nothing to say where there is only one."""
    steps = {one.number: one.name for one in steps_of(campaign)}
    return f", step {steps.get(number, number)}" if len(steps) > 1 else ""
