"""Test sends: messages of a campaign to people of the company, through the destinations that customers' go through.

Each is noted before it leaves and what became of it after; it is in no plan and counts nowhere. It is tried once: who
does not get it sends again. The texts are judged by the rules of the country of the recipient's number, as those of
customers are; hours and caps do not count, whoever unsubscribed gets nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from exports.definitions.approval import approvals
from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, templates
from exports.definitions.campaign_steps import steps_of
from exports.definitions.template import Content, Template
from exports.delivery.message_keys import batch_id
from exports.destinations import Destination, open_destination
from exports.destinations.destination import Batch, Message, Outcome, Status
from exports.policy.judged_text import judged
from exports.policy.recipient_lists import TestRecipient, read_test_list
from exports.policy.sms_rules import country_of, no_rules
from exports.preview.sample_fields import sample_fields
from exports.rendering.message_links import MessageLinks
from exports.rendering.wording_rules import SEEDS, wording_rules_of
from serving.campaign_plan import PLAN
from serving.published_copy import PublishedCopy
from serving.rules import published_rules
from stores import operations
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.lake.vault import SEALED_KINDS
from stores.links.signed_links import LinkSigner
from stores.operations import suppressions, test_messages
from stores.operations.contact_permissions import EVERY_CHANNEL
from stores.publication_files.pointer import current_publication
from stores.settings import Settings

NO_ADDRESS, SUPPRESSED = "no_identifier", "suppressed"
_LONGEST_REASON = 200


@dataclass(frozen=True)
class TestMessage:
    """What became of one test message.

    Attributes:
        recipient: whose section it is.
        step: number of the step.
        channel: the message channel.
        variant: the variant.
        destination: where it went.
        address_mask: the address, masked; empty where the person has none for the channel.
        state: accepted, not_sent, rejected or unknown.
        reason: why it was not accepted.
        test_id: its id; empty where it was not even tried.
    """

    __test__ = False  # no class of tests

    recipient: str
    step: int
    channel: str
    variant: str
    destination: str
    address_mask: str
    state: str
    reason: str = ""
    test_id: str = ""


@dataclass(frozen=True)
class _Ready:
    """A message that may leave."""

    told: TestMessage
    identifier_type: str
    to: str = field(repr=False)
    content: Content = field(repr=False)


def send_tests(settings: Settings, campaign: Campaign, list_name: str, by: str) -> list[TestMessage]:
    """Send sample messages of every step, channel and variant of a campaign to everybody of a list.

    Args:
        settings: the installation.
        campaign: the campaign or journey, whatever its state.
        list_name: the list.
        by: who sends; kept with each message and in the audit log.

    Raises:
        UserError: nobody is named, there is no such list, or a file or setting is not right.
    """
    name = " ".join(by.split())
    if not 0 < len(name) <= 100:
        raise UserError("Say who decides, in at most 100 characters: --by NAME.")
    store = operations.engine(settings)
    keyring = open_keyring(settings)
    digest = approvals(settings, [campaign])[campaign.campaign_id].digest
    found: list[TestMessage] = []
    ready: dict[str, list[_Ready]] = {}
    for one in _messages(settings, campaign, list_name, keyring):
        if isinstance(one, _Ready):
            ready.setdefault(one.told.destination, []).append(one)
        else:
            found.append(one)
    with operations.writing(store) as connection:
        for one in (one for some in ready.values() for one in some):
            connection.execute(insert(test_messages), _row(settings, campaign, one.told, list_name, name, digest))
        operations.record_access(
            connection, actor=name, action="test_send", subject_type="campaign", subject=campaign.campaign_id,
            purpose="test", records=sum(map(len, ready.values())), moment=settings.now(),
            detail=f"{digest}, list {list_name}",
        )  # fmt: skip
    for destination_name, messages in ready.items():
        destination = open_destination(settings, destination_name)
        try:
            outcomes = _send(destination, campaign, messages, settings.today())
        finally:
            destination.close()
        with operations.writing(store) as connection:
            for one, outcome in zip(messages, outcomes, strict=True):
                reason = (outcome.reason or "")[:_LONGEST_REASON]
                settled = {"state": outcome.status.value, "reason": reason or None}
                mine = test_messages.c.test_id == one.told.test_id
                connection.execute(update(test_messages).where(mine).values(settled))
                found.append(TestMessage(**{**vars(one.told), "state": outcome.status.value, "reason": reason}))
    return found


def _messages(
    settings: Settings, campaign: Campaign, list_name: str, keyring: Keyring
) -> Iterator[_Ready | TestMessage]:
    """Every message of the test: one that may leave, or why it does not."""
    publication = current_publication(settings)
    rules = published_rules(publication, SEEDS) if publication else None
    wording = wording_rules_of({seed: rules.of(seed) for seed in SEEDS}) if rules else None
    texts = templates(campaign, campaign_folder(settings), wording)
    people = read_test_list(settings, list_name, (one.channel.identifier_type for one in texts.values()))
    links = MessageLinks(settings.links, LinkSigner(keyring), settings.now())
    choices = {(step.number, one.channel): one.destination for step in steps_of(campaign) for one in step.channels}
    published = PublishedCopy(publication.path) if publication else None
    try:
        plan = published if published and published.has(PLAN) else None
        samples = {
            key: sample_fields(plan, campaign.campaign_id, key[0], template, settings.today())
            for key, template in texts.items()
        }
    finally:
        if published:
            published.close()
    closed = _suppressed(settings, people, keyring)
    for (step, channel), template in texts.items():
        kind = template.channel.identifier_type
        for person in people:
            for sample in samples[step, channel]:
                has_address = kind in person.addresses
                shown = person.mask(kind) if has_address else ""
                told = TestMessage(
                    person.key, step, channel, sample.variant, choices[step, channel], shown, "not_sent", NO_ADDRESS
                )
                if not has_address:
                    yield told
                    continue
                if closed & {(person.key, kind, channel), (person.key, kind, EVERY_CHANNEL)}:
                    yield TestMessage(**{**vars(told), "reason": SUPPRESSED})
                    continue
                test_id = f"t_{secrets.token_hex(16)}"
                content = _content(settings, template, person, sample.fields, sample.variant, links, test_id)
                if isinstance(content, str):
                    yield TestMessage(**{**vars(told), "reason": content})
                    continue
                ready = TestMessage(**{**vars(told), "state": "sending", "reason": "", "test_id": test_id})
                yield _Ready(ready, kind, person.addresses[kind], content)


def _content(
    settings: Settings,
    template: Template,
    person: TestRecipient,
    fields: Any,
    variant: str,
    links: MessageLinks,
    test_id: str,
) -> Content | str:
    """The message; what is personal in it is the recipient's name, or made up where it is something else."""
    own = {name: template.catalogue[name].sample(template.wording.language) for name in template.personal_fields}
    own |= {"name": person.name} if "name" in own else {}
    made = template.render({**fields, **own, "variant": variant}, settings.today())
    country: str | None = settings.country
    if template.channel.follows_sms_rules:
        country = country_of(person.addresses[template.channel.identifier_type])
        if country not in template.sms_rules:
            return no_rules(country)
    return judged(template, made, country or settings.country, links, test_id, variant)


def _send(destination: Destination, campaign: Campaign, messages: Sequence[_Ready], today: date) -> list[Outcome]:
    """Send them in batches, one after the other; after a stop the rest stays."""
    outcomes: dict[str, Outcome] = {}
    for start in range(0, len(messages), destination.batch_size):
        some = messages[start : start + destination.batch_size]
        reply = destination.send(
            Batch(
                batch_id(one.told.test_id for one in some),
                today,
                tuple(_message(campaign, one) for one in sorted(some, key=lambda one: one.told.test_id)),
            )
        )
        outcomes |= {outcome.delivery_id: outcome for outcome in reply.outcomes}
        if reply.stop:
            break
    return [outcomes.get(one.told.test_id, Outcome(one.told.test_id, Status.NOT_SENT, "not_tried")) for one in messages]


def _message(campaign: Campaign, one: _Ready) -> Message:
    return Message(
        delivery_id=one.told.test_id,
        campaign_id=campaign.campaign_id,
        campaign_version=campaign.version,
        step=one.told.step,
        channel=one.told.channel,
        identifier_type=one.identifier_type,
        variant=one.told.variant,
        to=one.to,
        content=one.content,
        is_test=True,
    )


def _suppressed(settings: Settings, people: Sequence[TestRecipient], keyring: Keyring) -> set[tuple[str, str, str]]:
    """Who said no: person, kind of identifier and channel."""
    tokens = {
        (kind, keyring.token(kind, clear) if kind in SEALED_KINDS else clear): person.key
        for person in people
        for kind, clear in person.addresses.items()
    }
    t = suppressions.c
    asked = select(t.identifier_type, t.identifier_token, t.channel).where(
        t.is_active, t.identifier_token.in_([token for _, token in tokens])
    )
    with operations.reading(operations.engine_to_read(settings)) as connection:
        rows = [(str(kind), str(token), str(channel)) for kind, token, channel in connection.execute(asked)]
    return {(tokens[kind, token], kind, channel) for kind, token, channel in rows if (kind, token) in tokens}


def _row(
    settings: Settings, campaign: Campaign, told: TestMessage, list_name: str, by: str, digest: str
) -> dict[str, Any]:
    return {
        **{name: value for name, value in vars(told).items() if name != "reason"},
        "campaign_id": campaign.campaign_id,
        "campaign_version": campaign.version,
        "digest": digest,
        "list_name": list_name,
        "sent_by": by,
        "sent_at": settings.now(),
    }
