"""The steps of a campaign: which message goes out, over which channels, how many days after the step before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationInfo, field_validator

from exports.definitions.definition_file import Strict
from exports.definitions.yaml_lines import Document
from stores.counted import counted

if TYPE_CHECKING:
    from exports.definitions.campaign import Campaign

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
# The fewest days of a period in which a campaign begins again: all its steps must fit into one.
_PERIOD_DAYS = {"daily": 1, "weekly": 7, "monthly": 28, "quarterly": 90}


def among(value: str, info: ValidationInfo, rows: str) -> str:
    """The value, when it is one of the rows of a seed that the file is checked against."""
    allowed = (info.context or {}).get(rows)
    if allowed is not None and value not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed) or '(the seed has no rows)'}")
    return value


class MessageChannelChoice(Strict):
    """A channel and the destination that serves it."""

    channel: Identifier
    destination: Identifier

    @field_validator("channel")
    @classmethod
    def _known_channel(cls, channel: str, info: ValidationInfo) -> str:
        return among(channel, info, "channels")


def each_channel_once(choices: list[MessageChannelChoice] | None) -> list[MessageChannelChoice] | None:
    """The choices.

    Raises:
        ValueError: a channel stands there twice.
    """
    names = [choice.channel for choice in choices or []]
    if len(names) != len(set(names)):
        raise ValueError("each channel may stand here once")
    return choices


class StepEntry(Strict):
    """One entry of a campaign file's `steps`."""

    name: Identifier
    template: Identifier
    wait_days: int = Field(0, ge=0, le=365, description="days after the step before was sent")
    channels: list[MessageChannelChoice] | None = Field(None, min_length=1, description="default: the campaign's")

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, choices: list[MessageChannelChoice] | None) -> list[MessageChannelChoice] | None:
        return each_channel_once(choices)


@dataclass(frozen=True)
class CampaignStep:
    """One message of a campaign.

    Attributes:
        number: its place in the order; messages are known by it.
        name: what people call it.
        template: folder in `exports/templates`.
        wait_days: how many days after the step before was sent it is due.
        channels: in order of preference.
    """

    number: int
    name: str
    template: str
    wait_days: int
    channels: tuple[MessageChannelChoice, ...]


def steps_of(campaign: Campaign) -> Iterator[CampaignStep]:
    """The steps of a campaign in their order; a file without `steps` has one."""
    if not campaign.steps:
        number, template, channels = campaign.step, campaign.template or "", campaign.channels or []
        yield CampaignStep(number, f"step_{number}", template, 0, tuple(channels))
    for number, entry in enumerate(campaign.steps or [], start=1):
        channels = entry.channels or campaign.channels or []
        yield CampaignStep(number, entry.name, entry.template, entry.wait_days, tuple(channels))


def mistakes_of_steps(campaign: Campaign, document: Document) -> Iterable[str]:
    """What is wrong between the fields that say what is sent, each with file, line and field.

    Args:
        campaign: as it was read; each field by itself is right.
        document: the file.
    """
    if campaign.steps is None:
        for field in ("channels", "template"):
            if getattr(campaign, field) is None:
                yield document.mistake((field,), "is missing")
        return
    for field in ("step", "template"):
        if field in document.values:
            yield document.mistake((field,), "is said by each of the `steps`; remove it here")
    names = [entry.name for entry in campaign.steps]
    for index, entry in enumerate(campaign.steps):
        if entry.name in names[:index]:
            yield document.mistake(("steps", index, "name"), f"there is a step {entry.name!r} before; names differ")
        if entry.channels is None and campaign.channels is None:
            yield document.mistake(("steps", index, "channels"), "is missing, here or for the whole campaign")
        if index == 0 and entry.wait_days:
            yield document.mistake(("steps", 0, "wait_days"), "the first step waits for nothing; remove it")
        if index > 0 and not entry.wait_days:
            yield document.mistake(("steps", index, "wait_days"), "must be 1 or more: days after the step before")
    days = sum(entry.wait_days for entry in campaign.steps)
    period = _PERIOD_DAYS.get(campaign.occurrence)
    if period and days >= period:
        yield document.mistake(
            ("steps",),
            f"they take {counted(days, 'day')}, and the campaign begins again after {period} (occurrence "
            f"{campaign.occurrence}). Shorten wait_days, or choose a longer occurrence or once",
        )
