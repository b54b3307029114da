"""What a campaign file says: what is sent to whom, on which channels, how often, and to what end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic.config import JsonDict

from exports.definitions.campaign_audience import INCLUDE, SEGMENT, TAG, Audience
from exports.definitions.campaign_schedule import Offer, Schedule
from exports.definitions.campaign_steps import Identifier, StepEntry, steps_of
from exports.definitions.message_programme import MessageProgramme
from exports.definitions.yaml_lines import Document


def _without_default(schema: JsonDict) -> None:
    """Editors are not told of the empty text that stands for no segment."""
    schema.pop("default", None)


class Campaign(MessageProgramme):
    """One campaign file."""

    campaign_id: Identifier
    # Empty where the file has an audience.
    segment: Identifier = Field(
        "",
        description="the segment model without `segment_`; or say `audience`",
        json_schema_extra=_without_default,
    )
    audience: Audience | None = Field(None, description="segments and tags, in place of `segment`")
    step: int = Field(1, ge=1, description="of the only message, in a file without `steps`")
    template: Identifier | None = Field(None, description="of the only message, in a file without `steps`")
    steps: list[StepEntry] | None = Field(None, min_length=1, description="several messages, one after the other")
    occurrence: Literal["once", "daily", "weekly", "monthly", "quarterly"]
    schedule: Schedule = Field(Schedule(), description="days on which it is planned; default: every day")
    offer: Offer = Field(Offer(), description="how long what it offers holds, and how many there are")

    @property
    def kind(self) -> str:
        """What it is, as a row of `campaigns` says it."""
        return "campaign"

    def path(self, exports: Path) -> Path:
        """Its file, in the folder of all that is written about exports."""
        return exports / "campaigns" / f"{self.campaign_id}.yml"

    def segments(self) -> list[str]:
        """The segments that decide who gets it."""
        return sorted({name for _, kind, name in self.audience_names() if kind == SEGMENT})

    def tags(self) -> list[str]:
        """The tags that decide who gets it."""
        return sorted({name for _, kind, name in self.audience_names() if kind == TAG})

    @property
    def audience_in_words(self) -> str:
        """Whom it goes to, in one line: the name of its segment, or what its audience says."""
        return self.audience.in_words if self.audience else self.segment

    def row(self) -> dict[str, Any]:
        """The campaign as a row of the operations store's table `campaigns`."""
        return {
            "kind": self.kind,
            "campaign_id": self.campaign_id,
            "version": self.version,
            "name_zh": self.name.in_chinese,
            "name_en": self.name.in_english,
            "segment": self.segment,
            "purpose": self.purpose,
            "holdout_percent": self.holdout_percent,
            "cap_class": self.cap_class,
            "priority": self.priority,
            "occurrence": self.occurrence,
            "goal": self.goal,
            "goal_window_days": self.goal_window_days,
            "is_active": self.is_active,
            "owner": self.owner,
            "expected_value": self.value,
            "budget": self.budget,
            "total_budget": self.total_budget,
            "daily_limit": self.daily_limit,
            "starts_on": self.schedule.starts_on,
            "ends_on": self.schedule.ends_on,
            "weekdays": ",".join(self.schedule.weekdays) if self.schedule.weekdays else None,
            "offer_ends_on": self.offer.valid_until,
            "offer_stock": self.offer.stock,
            "offer_cost": self.offer.cost,
        }

    def audience_rows(self) -> list[dict[str, Any]]:
        """Its segments and tags as rows of `campaign_audience`."""
        return [
            {**self._part(), "side": side, "kind": kind, "name": name} for side, kind, name in self.audience_names()
        ]

    def step_rows(self) -> list[dict[str, Any]]:
        """Its steps as rows of `campaign_steps`."""
        return [
            {
                **self._part(),
                "step": step.number,
                "name": step.name,
                "template": step.template,
                "wait_days": step.wait_days,
            }
            for step in steps_of(self)
        ]

    def channel_rows(self) -> list[dict[str, Any]]:
        """The channels of its steps as rows of `campaign_channels`."""
        return [
            {
                **self._part(),
                "step": step.number,
                "channel": choice.channel,
                "position": position,
                "destination": choice.destination,
            }
            for step in steps_of(self)
            for position, choice in enumerate(step.channels, start=1)
        ]

    def variant_rows(self) -> list[dict[str, Any]]:
        """Its variants as rows of `campaign_variants`."""
        return [{**self._part(), "variant": variant.name, "weight": variant.drawn_weight} for variant in self.variants]

    def audience_names(self) -> list[tuple[str, str, str]]:
        """Side (include, exclude), kind (segment, tag) and name of all that decides who gets it."""
        if self.audience:
            return list(self.audience.rows())
        return [(INCLUDE, SEGMENT, self.segment)] if self.segment else []

    def _part(self) -> dict[str, Any]:
        return {"campaign_id": self.campaign_id, "version": self.version, "is_active": True}


def mistakes_of_campaign(campaign: Campaign, document: Document) -> Iterable[str]:
    """What is wrong between the fields that say to whom and when, each with file, line and field.

    Args:
        campaign: as it was read; each field by itself is right.
        document: the file.
    """
    if campaign.segment and campaign.audience:
        yield document.mistake(("segment",), "is said by `audience`, too; remove it here")
    elif not campaign.segment and not campaign.audience:
        yield document.mistake(("segment",), "is missing; say it, or `audience` with segments or tags")
    first, last = campaign.schedule.starts_on, campaign.offer.valid_until
    if first and last and last < first:
        yield document.mistake(("offer", "valid_until"), f"lies before the campaign starts, on {first}")
