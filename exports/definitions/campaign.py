"""What a campaign file says: what is sent to which segment, on which channels, how often, and to what end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from exports.definitions.campaign_steps import Identifier, StepEntry, steps_of
from exports.definitions.message_programme import MessageProgramme


class Campaign(MessageProgramme):
    """One campaign file."""

    campaign_id: Identifier
    segment: Identifier = Field(description="the segment model without `segment_`")
    step: int = Field(1, ge=1, description="of the only message, in a file without `steps`")
    template: Identifier | None = Field(None, description="of the only message, in a file without `steps`")
    steps: list[StepEntry] | None = Field(None, min_length=1, description="several messages, one after the other")
    occurrence: Literal["once", "daily", "weekly", "monthly", "quarterly"]

    @property
    def kind(self) -> str:
        """What it is, as a row of `campaigns` says it."""
        return "campaign"

    def path(self, exports: Path) -> Path:
        """Its file, in the folder of all that is written about exports."""
        return exports / "campaigns" / f"{self.campaign_id}.yml"

    def segments(self) -> list[str]:
        """The segments that decide who gets it."""
        return [self.segment]

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
        }

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
        return [{**self._part(), "variant": variant.name, "weight": variant.weight} for variant in self.variants]

    def _part(self) -> dict[str, Any]:
        return {"campaign_id": self.campaign_id, "version": self.version, "is_active": True}
