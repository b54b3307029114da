"""What the plan of the current publication would send for a campaign: how many, who not and why, which texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from exports.definitions.approval import APPROVED, Approval
from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, templates
from exports.definitions.campaign_steps import CampaignStep, steps_of
from exports.definitions.journeys.journey_files import JourneyCampaign
from exports.policy.second_approval import SecondApproval
from exports.preview.planned_form import Difference, differences
from exports.preview.rendered import Judgement, Texts, rendered_texts
from exports.rendering.message_links import MessageLinks
from exports.rendering.wording_rules import SEEDS, wording_rules_of
from serving import planned_messages
from serving.campaigns.message_values import MessageValue, message_value
from serving.journeys import figures as journey_figures
from serving.journeys.entries import doers_to_enter, members_to_enter
from serving.published_copy import PublishedCopy, Row
from serving.rules import rule_rows
from stores.keyring import Keyring
from stores.links.signed_links import LinkSigner
from stores.settings import Settings

# Why the plan has no row of a campaign, or of a journey.
NOT_ACTIVE, NOT_PLANNED_YET, NOBODY = "not_active", "not_planned_yet", "nobody_in_segment"
NOT_ENTERED, NOBODY_DUE = "journey_not_approved", "nobody_at_a_message"


@dataclass(frozen=True)
class StepTexts:
    """The texts of one step and channel."""

    step: CampaignStep
    channel: str
    texts: Texts


@dataclass(frozen=True)
class CampaignPreview:
    """One campaign as the plan has it.

    Attributes:
        campaign: as its file is now.
        approval: where it stands.
        second: where its plan stands: whether a second person must approve it, and did.
        absence: why the plan has no row of it; empty where it has.
        differences: what the plan was made from otherwise than the file is now.
        customers: `audience`, `meant` (would get something) and `holdout`.
        decisions: rows by step, channel, variant, decision and first reason.
        texts: by step and channel.
        entrants: of a journey that nobody entered yet, how many customers would enter, without those whom another one
            keeps out; None for all others.
        withheld: planned messages that the look before sending withholds for answers in quarantine
            (`serving.withheld.planned`).
        value: what one message is expected to bring; None where the publication does not say it.
        kept_out_by: of a journey the others of its `unless_in`.
        employees: who passes on how many of its messages (`serving.planned_messages.employee_load`).
    """

    campaign: Campaign
    approval: Approval
    second: SecondApproval
    absence: str
    differences: list[Difference]
    customers: Mapping[str, int]
    decisions: list[Row]
    texts: list[StepTexts]
    entrants: int | None = None
    kept_out_by: Sequence[str] = ()
    withheld: Sequence[Row] = ()
    value: MessageValue | None = None
    employees: Sequence[Row] = ()

    @property
    def is_planned_as_it_is(self) -> bool:
        """Whether the plan was made from the campaign as its file is now, as far as the plan shows it."""
        return not self.differences and self.absence != NOT_PLANNED_YET

    @property
    def messages(self) -> int:
        """How many messages would be sent, once nothing but an approval is missing."""
        return sum(int(row["meant"]) for row in self.decisions) - self.not_allowed

    @property
    def to_send(self) -> int:
        """How many messages the plan says to send, also those whose text the last look will not let go."""
        return sum(int(row["messages"]) for row in self.decisions if row["decision"] == "send")

    @property
    def not_allowed(self) -> int:
        """How many planned messages the last look before sending will not let go for their text."""
        return sum(sum(one.texts.not_allowed.values()) for one in self.texts)

    @property
    def waiting(self) -> int:
        """How many messages more would be sent once the campaign is approved."""
        meant = sum(int(row["meant"]) for row in self.decisions)
        return meant - self.to_send - sum(one.texts.not_allowed_waiting for one in self.texts)

    @property
    def sms_parts(self) -> int | None:
        """How many text messages are to be paid; None where the campaign has none."""
        parts = [one.texts.parts for one in self.texts if one.texts.parts is not None]
        return sum(parts) if parts else None


def preview(
    settings: Settings,
    published: PublishedCopy,
    campaign: Campaign,
    approval: Approval,
    second: SecondApproval,
    withheld: Sequence[Row] = (),
) -> CampaignPreview:
    """Look at one campaign in the plan of a publication, under the rules of that publication.

    Args:
        settings: the installation.
        published: the publication.
        campaign: the campaign.
        approval: where it stands.
        second: where its plan stands.
        withheld: its planned messages that answers in quarantine withhold.

    Raises:
        TableMissing: the publication has no plan or no rules.
        UserError: a template is missing or wrong.
    """
    name = campaign.campaign_id
    planned = planned_messages.made_from(published, name)
    people = planned_messages.customers(published, name)
    is_approved = approval.state == APPROVED
    absence = "" if planned else _absence(published, campaign, is_approved)
    return CampaignPreview(
        campaign=campaign,
        approval=approval,
        second=second,
        absence=absence,
        differences=differences(campaign, is_approved, planned, people["audience"]) if planned else [],
        customers=people,
        decisions=planned_messages.decisions(published, name),
        texts=planned_texts(settings, published, campaign),
        entrants=_entrants(published, campaign, settings.today())
        if absence in (NOT_ENTERED, NOT_PLANNED_YET) and isinstance(campaign, JourneyCampaign)
        else None,
        kept_out_by=campaign.journey.entry.unless_in if isinstance(campaign, JourneyCampaign) else (),
        withheld=withheld,
        value=message_value(published, name),
        employees=planned_messages.employee_load(published, name),
    )


def planned_texts(settings: Settings, published: PublishedCopy, campaign: Campaign) -> list[StepTexts]:
    """The texts of a campaign's planned messages, judged by the rules of the publication, as the last look judges them.

    Args:
        settings: the installation.
        published: the publication.
        campaign: the campaign.

    Raises:
        TableMissing: the publication has no plan or no rules.
        UserError: a template is missing or wrong.
    """
    wording = wording_rules_of({seed: (rule_rows(published, seed), f"rules.{seed}") for seed in SEEDS})
    # the links of a preview are as long as those of a message, and nobody accepts them
    signer = LinkSigner(Keyring(active="", token_key=bytes(32), cipher_keys={}))
    judgement = Judgement(settings.country, MessageLinks(settings.links, signer, settings.now()), settings.today())
    steps = {step.number: step for step in steps_of(campaign)}
    return [
        StepTexts(
            steps[number],
            channel,
            rendered_texts(published, campaign.campaign_id, number, template, judgement),
        )
        for (number, channel), template in templates(campaign, campaign_folder(settings), wording).items()
    ]


def _absence(published: PublishedCopy, campaign: Campaign, is_approved: bool) -> str:
    if not campaign.is_active:
        return NOT_ACTIVE
    if isinstance(campaign, JourneyCampaign):
        is_known = published.has(journey_figures.RUNS)
        if is_known and campaign.campaign_id in journey_figures.counts(published):
            return NOBODY_DUE
        return NOT_PLANNED_YET if is_approved else NOT_ENTERED
    return NOBODY if planned_messages.members(published, campaign.audience_names()) == 0 else NOT_PLANNED_YET


def _entrants(published: PublishedCopy, campaign: JourneyCampaign, today: date) -> int:
    entry = campaign.journey.entry
    if entry.segment:
        return members_to_enter(published, entry.segment, entry.unless_in)
    return doers_to_enter(published, entry.event or "", entry.within, today, entry.unless_in)
