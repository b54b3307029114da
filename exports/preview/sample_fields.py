"""What test messages say: the texts of planned messages, with nothing personal of a customer in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports.definitions.template import Template
from serving import planned_messages
from serving.published_copy import PublishedCopy


@dataclass(frozen=True)
class SampleFields:
    """Fields of a message that is tried.

    Attributes:
        variant: the variant.
        fields: all but the personal ones, as the plan has them for at least one customer.
        messages: how many planned messages share them; 0 for those of a made-up customer.
    """

    variant: str
    fields: Mapping[str, Any]
    messages: int


def sample_fields(
    published: PublishedCopy | None, campaign_id: str, step: int, template: Template, today: date
) -> list[SampleFields]:
    """Of each variant the fields of the most frequent text and of the longest one; made up where nothing is planned.

    Args:
        published: the publication; None where there is none.
        campaign_id: the campaign.
        step: number of the step.
        template: of the step and channel.
        today: the day, for blocks.
    """
    names = [name for name in template.fields if name not in template.personal_fields]
    found: list[SampleFields] = []
    planned = planned_messages.wordings(published, campaign_id, step, template.channel.name, names) if published else []
    for variant in template.wording.variants:
        example = template.wording.sample(template.catalogue, variant)
        texts: dict[str, SampleFields] = {}
        for one in planned:
            if one.variant == variant:
                content = template.render({**example, **one.fields}, today)
                if not isinstance(content, str):
                    texts.setdefault(str(content), SampleFields(variant, one.fields, one.messages))
        most = next(iter(texts), None)
        longest = max(texts, key=len, default=None)
        chosen = [texts[text] for text in dict.fromkeys((most, longest)) if text is not None]
        others = {name: value for name, value in example.items() if name not in template.personal_fields}
        found += chosen or [SampleFields(variant, others, 0)]
    return found
