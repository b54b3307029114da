"""Whether the plan was made from a campaign as its file is now, as far as the plan shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_steps import steps_of

# How a period is written in the plan.
_PERIODS = {
    "once": "once",
    r"week-\d{4}-\d\d-\d\d": "weekly",
    r"\d{4}-\d\d-\d\d": "daily",
    r"\d{4}-\d\d": "monthly",
    r"\d{4}-Q\d": "quarterly",
    "r[0-9a-f]{32}": "journey",
}
# A variant that should have been drawn is missed only where it is next to impossible that it was not.
_CHANCE = 1e-6


@dataclass(frozen=True)
class Difference:
    """What the plan has otherwise than the file.

    Attributes:
        field: of the file; `approval` for where the campaign stands.
        plan: what the plan has.
        file: what the file has now.
    """

    field: str
    plan: str
    file: str


def differences(
    campaign: Campaign, is_approved: bool, planned: Sequence[Mapping[str, Any]], audience: int
) -> list[Difference]:
    """What the plan has otherwise than the campaign's file.

    Args:
        campaign: as its file is now.
        is_approved: whether it may go out now.
        planned: what the plan took from the file (`serving.planned_messages.made_from`), at least one row.
        audience: how many customers the plan looked at.
    """
    file: dict[str, Iterable[str]] = {
        "version": [str(campaign.version)],
        "segment": [campaign.segment or "none"],
        "occurrence": [campaign.occurrence],
        "purpose": [campaign.purpose],
        "cap_class": [campaign.cap_class],
        "priority": [str(campaign.priority)],
        "approval": [_approval(is_approved)],
        "messages": (
            _message(step.number, choice.channel, choice.destination, step.template)
            for step in steps_of(campaign)
            for choice in step.channels
            # at a step of a journey where nobody stands today, nothing is planned
            if campaign.kind == "campaign" or step.number in {row["step"] for row in planned}
        ),
    }
    plan: dict[str, Iterable[str]] = {
        "version": (str(row["campaign_version"]) for row in planned),
        "segment": (row["segment"] or "none" for row in planned),
        "occurrence": (_period(row["occurrence"]) for row in planned),
        "purpose": (row["consent_purpose"] for row in planned),
        "cap_class": (row["cap_class"] for row in planned),
        "priority": (str(row["priority"]) for row in planned),
        "approval": (_approval(row["is_approved"]) for row in planned),
        "messages": (_message(row["step"], row["channel"], row["destination"], row["template"]) for row in planned),
    }
    found = [
        Difference(name, ", ".join(had), ", ".join(has))
        for name in file
        if (had := sorted(set(plan[name]))) != (has := sorted(set(file[name])))
    ]
    return [*found, *_variants(campaign, {row["variant"] for row in planned}, audience)]


def _variants(campaign: Campaign, drawn: set[str], audience: int) -> Iterator[Difference]:
    weights = {variant.name: variant.drawn_weight for variant in campaign.variants}
    total = sum(weights.values())
    missed = {name for name in set(weights) - drawn if (1 - weights[name] / total) ** audience < _CHANCE}
    if missed or drawn - set(weights):
        yield Difference("variants", ", ".join(sorted(drawn)), ", ".join(weights))


def _message(step: int, channel: str, destination: str, template: str) -> str:
    return f"step {step} {channel} by {destination} with {template}"


def _approval(is_approved: bool) -> str:
    return "approved" if is_approved else "not approved"


def _period(occurrence: str) -> str:
    return next((name for form, name in _PERIODS.items() if re.fullmatch(form, occurrence)), occurrence)
