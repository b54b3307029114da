"""The fields of a journey file, `exports/journeys/<journey_id>.yml`.

Steps follow one another in the order of the file. What stands here is what people write; `program` makes of it which
step follows which.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from exports.definitions.campaign_steps import Identifier, MessageChannelChoice, among, each_channel_once
from exports.definitions.definition_file import Strict
from exports.definitions.message_programme import MessageProgramme

_DURATION = re.compile(r"([1-9][0-9]{0,2})([dw])")
NEXT, EXIT = "next", "exit"
_MOST_DAYS = 730
# The var `journey_event_days` says how far back events are looked for.
_MOST_DAYS_OF_ENTRY = 120


def _days(value: Any) -> int:
    """`7d` and `2w` as days."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("must be days or weeks, such as 7d or 2w")
    days = int(found[1]) * (7 if found[2] == "w" else 1)
    if days > _MOST_DAYS:
        raise ValueError(f"must be {_MOST_DAYS} days or less")
    return days


def _never_or_days(value: Any) -> Any:
    """`180d` as days; never as it is."""
    if value != "never" and not (isinstance(value, str) and _DURATION.fullmatch(value)):
        raise ValueError("must be never, or days or weeks, such as 180d or 26w")
    return value if value == "never" else _days(value)


_Count = Annotated[int, Field(ge=1, le=_MOST_DAYS, json_schema_extra={"type": "string"})]
Days = Annotated[_Count, BeforeValidator(_days)]
Target = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]


class Entry(Strict):
    """Who enters a journey: the members of a segment, or whoever did something lately."""

    segment: Identifier | None = Field(None, description="the segment model without `segment_`")
    event: Identifier | None = Field(None, description="a row of the seed `journey_events`")
    within: Days = Field(2, validate_default=False, description="with `event`: how long ago it may have happened")
    reentry: Annotated[Literal["never"] | _Count, BeforeValidator(_never_or_days)] = Field(
        "never", description="never, or how long after the end of the last run"
    )
    concurrent: Literal["never", "per_entity"] = Field(
        "never", description="per_entity: a run for each order (or other entity) that the event was about"
    )
    starts_on: date | None = Field(None, description="first day on which anybody enters, such as 2026-11-01")
    ends_on: date | None = Field(None, description="last day on which anybody enters; who is inside goes on")
    unless_in: list[Identifier] = Field([], description="journeys: who is inside one of them does not enter")

    @field_validator("event")
    @classmethod
    def _known_event(cls, event: str | None, info: ValidationInfo) -> str | None:
        return among(event, info, "events") if event else event

    @field_validator("unless_in")
    @classmethod
    def _known_journeys(cls, journeys: list[str], info: ValidationInfo) -> list[str]:
        if len(journeys) != len(set(journeys)):
            raise ValueError("each journey may stand here once")
        return [among(journey, info, "journeys") for journey in journeys]

    @field_validator("within")
    @classmethod
    def _as_far_as_events_are_looked_for(cls, days: int) -> int:
        if days > _MOST_DAYS_OF_ENTRY:
            raise ValueError(f"must be {_MOST_DAYS_OF_ENTRY} days or less")
        return days

    @model_validator(mode="after")
    def _one_way_in(self) -> Entry:
        if (self.segment is None) == (self.event is None):
            raise ValueError("needs segment or event, and not both")
        if self.event is None and "within" in self.model_fields_set:
            raise ValueError("within belongs to event; members of a segment enter as long as they are in it")
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} lies before starts_on {self.starts_on}")
        if self.concurrent == "per_entity" and self.event is None:
            raise ValueError("concurrent: per_entity needs an event; a member of a segment has one run")
        return self


class Wait(Strict):
    """How long a step waits, and for what."""

    days: Days | None = Field(None, alias="for", description="this long")
    until: Identifier | None = Field(None, description="until this happened, a row of the seed `journey_events`")
    at_most: Days | None = Field(None, description="with `until`: go on after this long where it did not happen")
    per: Literal["customer", "entity"] = Field(
        "customer", description="entity: only what happened to the order (or other entity) that the run is about"
    )

    @field_validator("until")
    @classmethod
    def _known_event(cls, event: str | None, info: ValidationInfo) -> str | None:
        return among(event, info, "events") if event else event

    @model_validator(mode="after")
    def _one_kind(self) -> Wait:
        if (self.days is None) == (self.until is None):
            raise ValueError("needs for (days), or until (an event) with at_most")
        if self.until and self.at_most is None:
            raise ValueError("at_most is missing: nobody waits for an event for ever")
        if self.days and self.at_most:
            raise ValueError("at_most belongs to until; with for it says nothing")
        return self


class Arm(Strict):
    """One way on from a branch: taken by customers for whom its condition is the first that holds."""

    when: Annotated[str, Field(min_length=3, max_length=1000)] | None = None
    is_else: Literal[True] | None = Field(None, alias="else")
    steps: list[JourneyStep] = Field([])

    @model_validator(mode="after")
    def _one_way(self) -> Arm:
        if (self.when is None) == (self.is_else is None):
            raise ValueError("needs when (a condition) or else: true")
        return self


class JourneyStep(Strict):
    """One step: exactly one of `send`, `wait`, `branch`, `task`, `exit`."""

    name: Identifier | None = Field(None, description="default: the template or task, or the kind and its number")
    send: Identifier | None = Field(None, description="folder in `exports/templates`")
    wait: Wait | None = None
    branch: list[Arm] | None = Field(None, min_length=2)
    task: Identifier | None = Field(None, description="what a person is to do, recorded for each customer")
    exit: Identifier | None = Field(None, description="the run ends here; a word that says why")
    channels: list[MessageChannelChoice] | None = Field(
        None, min_length=1, description="of send; default: the journey's"
    )
    then: Target = Field(NEXT, description="where a run goes on: next, exit or a later step")
    otherwise: Target | None = Field(
        None,
        alias="else",
        description="where it goes when the message cannot be sent (default exit) or the time is up (default next)",
    )

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, choices: list[MessageChannelChoice] | None) -> list[MessageChannelChoice] | None:
        return each_channel_once(choices)

    @model_validator(mode="after")
    def _one_kind(self) -> JourneyStep:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(f"needs exactly one of {', '.join(KINDS)}")
        kind = kinds[0]
        if self.channels and kind != "send":
            raise ValueError("channels belong to a step that sends")
        if self.otherwise and not (kind == "send" or (self.wait and self.wait.until)):
            raise ValueError("else belongs to send, and to wait with until")
        if self.then != NEXT and kind in ("branch", "exit"):
            raise ValueError(f"then is not for {kind}: its own lines say where a run goes")
        arms = self.branch or []
        if any(arm.is_else for arm in arms[:-1]) or (arms and not arms[-1].is_else):
            raise ValueError("the last way of a branch, and no other, is else: true")
        return self

    @property
    def kind(self) -> str:
        """What the step does: send, wait, branch, task or exit."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


KINDS = ("send", "wait", "branch", "task", "exit")


class Journey(MessageProgramme):
    """One journey file."""

    journey_id: Identifier
    entry: Entry
    exit_when: list[Identifier] = Field([], description="events that end a run wherever it stands")
    on_edit: Literal["move", "finish", "leave"] = Field(
        "move",
        description="who is inside when the version rises goes on at the step of the same name; finishes the old "
        "steps, which stay in the file as they are; or leaves",
    )
    steps: list[JourneyStep] = Field(min_length=1)

    @model_validator(mode="after")
    def _not_itself(self) -> Journey:
        if self.journey_id in self.entry.unless_in:
            raise ValueError("entry.unless_in names the journey itself; reentry says who may enter again")
        return self

    @field_validator("exit_when")
    @classmethod
    def _known_events(cls, events: list[str], info: ValidationInfo) -> list[str]:
        if len(events) != len(set(events)):
            raise ValueError("each event may stand here once")
        return [among(event, info, "events") for event in events]
