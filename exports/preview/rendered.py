"""The texts that a campaign's planned messages would have: samples of them, and what text messages would cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exports.definitions.template import Content, Template
from exports.policy.sms_rules import SmsRule
from exports.policy.sms_size import SmsSize, sms_size
from exports.preview.number_country import refusal_by_beginning
from serving import planned_messages
from serving.published_copy import PublishedCopy


@dataclass(frozen=True)
class Sample:
    """A message as a customer would read it.

    Attributes:
        variant: the variant.
        content: `text`, or `title` and `body`; empty where the message is not allowed.
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
    published: PublishedCopy, campaign_id: str, step: int, template: Template, sms_rules: Mapping[str, SmsRule]
) -> Texts:
    """Make the text of every message that the plan would send for a step and channel.

    Args:
        published: the publication.
        campaign_id: the campaign.
        step: number of the step.
        template: of the step and channel.
        sms_rules: by country; a text that does not suit the country of its number is not sent.

    Returns:
        Totals over all, and of each variant the most frequent text and the longest one; of a variant of which nothing
        is planned an example for a made-up customer.
    """
    channel = template.channel.name
    groups: dict[str, dict[str, _Group]] = {name: {} for name in template.wording.variants}
    found = Texts(parts=0 if template.channel.follows_sms_rules else None)
    follows = template.channel.follows_sms_rules
    for one in planned_messages.wordings(published, campaign_id, step, channel, template.plan_fields, follows):
        content = _allowed(template.render({**one.fields, "variant": one.variant}), sms_rules, one.number_begins)
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
            found.samples.append(_sample(variant, _allowed(template.example(variant), sms_rules), 0, {}))
    return found


def _allowed(content: Content | str, sms_rules: Mapping[str, SmsRule], number_begins: str = "") -> Content | str:
    """The content, or why the country of the number does not let it be sent; without a number, why none does."""
    if isinstance(content, str) or "parts" not in content:
        return content
    return refusal_by_beginning(sms_rules, number_begins, str(content["text"])) or content


def _shown(groups: Iterable[_Group]) -> list[_Group]:
    """The most frequent text, and the longest one of the others."""
    by_number = sorted(groups, key=lambda group: -group.messages)
    return by_number[:1] + sorted(by_number[1:], key=lambda group: -len(str(group.content)))[:1]


def _sample(variant: str, content: Content | str, messages: int, masks: Mapping[str, str | None]) -> Sample:
    allowed = {} if isinstance(content, str) else content
    shown = {name: str(value) for name, value in allowed.items() if name != "parts"}
    return Sample(
        variant=variant,
        content=shown,
        problem=content if isinstance(content, str) else "",
        messages=messages,
        name_mask=masks.get("name_mask"),
        identifier_mask=masks.get("identifier_mask"),
        sms=sms_size(shown["text"]) if "parts" in allowed else None,
    )
