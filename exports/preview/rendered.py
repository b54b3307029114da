"""The texts that a campaign's planned messages would have: samples of them, and what text messages would cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from exports.definitions.template import Content, Template
from exports.policy.judged_text import finished, judged
from exports.policy.sms_size import SmsSize, sms_size
from exports.preview.number_country import refusal_by_beginning
from exports.rendering.content import TEXT_PARTS
from exports.rendering.message_links import MessageLinks
from serving import planned_messages
from serving.published_copy import PublishedCopy

_LIKE_AN_ID = "d_" + "0" * 32


@dataclass(frozen=True)
class Sample:
    """A message as a customer would read it.

    Attributes:
        variant: the variant.
        content: `text`, `title` and `body`, or `title`, `text` and `html`; `blocks` says what was chosen. Empty where
            the message is not allowed.
        problem: why it would not be sent; empty where it would.
        messages: how many planned messages have this very text; 0 for an example of a made-up customer.
        name_mask: of one of these customers.
        identifier_mask: where it goes.
        sms: its size; None where the channel has no text messages.
    """

    variant: str
    content: dict[str, str]
    problem: str
    messages: int
    name_mask: str | None
    identifier_mask: str | None
    sms: SmsSize | None


@dataclass(frozen=True)
class Judgement:
    """What texts are judged by besides the rules of their template.

    Attributes:
        country: the company's, whose rules count for messages to no phone number.
        links: makes links that are as long as the real ones.
        today: the day, for blocks.
    """

    country: str
    links: MessageLinks
    today: date

    def of(self, template: Template, content: Content | str, variant: str, number_begins: str = "") -> Content | str:
        """The message; or why it is not sent to numbers that begin so, without a number why to none."""
        if isinstance(content, str) or not template.channel.follows_sms_rules:
            return judged(template, content, self.country, self.links, _LIKE_AN_ID, variant)
        problem = refusal_by_beginning(template.sms_rules, number_begins, str(content["text"]))
        return problem or finished(template, content, self.links, _LIKE_AN_ID, variant)


@dataclass
class Texts:
    """All texts of one step and channel.

    Attributes:
        messages: how many the plan would send.
        parts: how many text messages those of them are charged as that can be sent; None where the channel has none.
        not_allowed: how many cannot be sent for their text and number, by the reason that the last look will give.
        not_allowed_waiting: how many of these only wait for the approval of their campaign.
        samples: a few, of each variant.
    """

    messages: int = 0
    parts: int | None = None
    not_allowed: dict[str, int] = field(default_factory=dict)
    not_allowed_waiting: int = 0
    samples: list[Sample] = field(default_factory=list)


@dataclass
class _Group:
    """Messages of one variant with one text."""

    content: Content | str
    messages: int
    customer_id: str


def rendered_texts(
    published: PublishedCopy, campaign_id: str, step: int, template: Template, judgement: Judgement
) -> Texts:
    """Make the text of every message that the plan would send for a step and channel.

    Args:
        published: the publication.
        campaign_id: the campaign.
        step: number of the step.
        template: of the step and channel.
        judgement: what texts are judged by.

    Returns:
        Totals over all, and of each variant the most frequent text and the longest one; of a variant of which nothing
        is planned an example for a made-up customer.
    """
    channel = template.channel.name
    groups: dict[str, dict[str, _Group]] = {name: {} for name in template.wording.variants}
    found = Texts(parts=0 if template.channel.follows_sms_rules else None)
    follows = template.channel.follows_sms_rules
    masks = {name: template.catalogue[name].mask_column for name in template.personal_fields}
    for one in planned_messages.wordings(published, campaign_id, step, channel, template.fields, follows, masks):
        made = template.render({**one.fields, "variant": one.variant}, judgement.today)
        content = judgement.of(template, made, one.variant, one.number_begins)
        group = groups.setdefault(one.variant, {}).setdefault(str(content), _Group(content, 0, one.customer_id))
        group.messages += one.messages
        found.messages += one.messages
        if isinstance(content, str):
            found.not_allowed[content] = found.not_allowed.get(content, 0) + one.messages
            found.not_allowed_waiting += one.waiting
        elif found.parts is not None:
            found.parts += int(content["parts"]) * one.messages
    for variant, texts in groups.items():
        for group in _shown(texts.values()):
            masks = planned_messages.addressee(published, campaign_id, step, channel, group.customer_id)
            found.samples.append(_sample(variant, group.content, group.messages, masks))
        if not texts:
            found.samples.append(_sample(variant, judgement.of(template, template.example(variant), variant), 0, {}))
    return found


def _shown(groups: Iterable[_Group]) -> list[_Group]:
    """The most frequent text, and the longest one of the others."""
    by_number = sorted(groups, key=lambda group: -group.messages)
    return by_number[:1] + sorted(by_number[1:], key=lambda group: -len(str(group.content)))[:1]


def _sample(variant: str, content: Content | str, messages: int, masks: Mapping[str, str | None]) -> Sample:
    allowed = {} if isinstance(content, str) else content
    shown = {name: str(allowed[name]) for name in (*TEXT_PARTS, "blocks") if name in allowed}
    return Sample(
        variant=variant,
        content=shown,
        problem=content if isinstance(content, str) else "",
        messages=messages,
        name_mask=masks.get("name_mask"),
        identifier_mask=masks.get("identifier_mask"),
        sms=sms_size(shown["text"]) if "parts" in allowed else None,
    )
