"""Which step follows which: the steps of a journey file and its branches as a list in which each names the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exports.definitions.campaign_steps import MessageChannelChoice
from exports.definitions.journeys.journey import EXIT, NEXT, Journey, JourneyStep
from exports.definitions.yaml_lines import Document, Position


@dataclass(frozen=True)
class ProgramArm:
    """One way on from a branch.

    Attributes:
        when: the condition; None for the last way, which all others take.
        target: the step that it leads to, or exit.
    """

    when: str | None
    target: str


@dataclass(frozen=True)
class ProgramStep:
    """One step of a journey.

    Attributes:
        name: unique in the journey.
        position: place in the file, from 1; a run never goes back to a lower one.
        kind: send, wait, branch, task or exit.
        then: the step after it, or exit.
        otherwise: the step when the message cannot be sent, or the time is up without the event; or exit.
        message: number of the message among those of the journey, from 1; of send.
        template: of send.
        channels: of send, in order of preference.
        days: how long it waits, at most for an event.
        event: what it waits for.
        of_entity: only what happened to the order (or other entity) that the run is about.
        task: what a person is to do; of exit, why the run ends.
        arms: the ways on from a branch.
        where: place in the file.
    """

    name: str
    position: int
    kind: str
    then: str
    otherwise: str
    where: Position
    message: int | None = None
    template: str | None = None
    channels: tuple[MessageChannelChoice, ...] = ()
    days: int | None = None
    event: str | None = None
    of_entity: bool = False
    task: str | None = None
    arms: tuple[ProgramArm, ...] = ()


def program(journey: Journey) -> list[ProgramStep]:
    """The steps of a journey in the order of the file; targets are names of steps, or exit.

    Args:
        journey: as it was read; whether its targets exist is what `mistakes_of_program` says.
    """
    found: list[tuple[JourneyStep, Position, Position | None]] = list(_walk(journey.steps, ("steps",), None))
    names = dict(zip((where for _, where, _ in found), _names(found), strict=True))
    listed: list[ProgramStep] = []
    for position, (step, where, after) in enumerate(found, start=1):
        following = names[after] if after else EXIT
        then = following if step.then == NEXT else step.then
        otherwise = step.otherwise or (EXIT if step.kind == "send" else NEXT)
        made = ProgramStep(
            names[where], position, step.kind, then, following if otherwise == NEXT else otherwise, where
        )
        if step.kind == "send":
            number = sum(one.kind == "send" for one in listed) + 1
            channels = tuple(step.channels or journey.channels or ())
            made = replace(made, message=number, template=step.send, channels=channels)
        elif step.wait:
            wait = step.wait
            made = replace(made, days=wait.days or wait.at_most, event=wait.until, of_entity=wait.per == "entity")
        elif step.kind == "branch":
            made = replace(made, arms=tuple(_arms(step, where, names, following)))
        else:
            made = replace(made, task=step.task or step.exit, then=EXIT if step.kind == "exit" else then)
        listed.append(made)
    return listed


def unsaid_ways(journey: Journey) -> Iterator[tuple[ProgramStep, str]]:
    """Steps that lead to what follows them in the file without naming it, each with the step that it leads to.

    Args:
        journey: as it was read, without a mistake.
    """
    written = {where: step for step, where, _ in _walk(journey.steps, ("steps",), None)}
    for made in program(journey):
        step = written[made.where]
        unsaid = [arm.target for arm, one in zip(made.arms, step.branch or [], strict=True) if not one.steps]
        if made.kind not in ("branch", "exit") and step.then == NEXT:
            unsaid.append(made.then)
        if (made.kind == "send" or made.event) and step.otherwise in (None, NEXT):
            unsaid.append(made.otherwise)
        yield from ((made, target) for target in dict.fromkeys(unsaid) if target != EXIT)


def mistakes_of_program(journey: Journey, document: Document, sources: Mapping[str, str]) -> Iterator[str]:
    """What is wrong between the steps, each with file, line and field.

    Args:
        journey: as it was read; each field by itself is right.
        document: the file.
        sources: of the seed `journey_events`, by event.
    """
    steps = program(journey)
    # a wait for what happens to the entity of the run: only orders have several events
    of_orders = {event for event, source in sources.items() if source in ("order", "refund")}
    positions: dict[str, int] = {}
    twice = [step for number, step in enumerate(steps) if step.name in {one.name for one in steps[:number]}]
    for step in twice:
        yield document.mistake(step.where, f"there is a step {step.name!r} before; names differ")
    if twice:  # what comes after what cannot be told
        return
    for step in steps:
        if step.name in (NEXT, EXIT):
            yield document.mistake((*step.where, "name"), f"{step.name} is a word of its own; choose another")
        positions[step.name] = step.position
        if step.of_entity and not {step.event, journey.entry.event} <= of_orders:
            told = ", ".join(sorted(of_orders))
            yield document.mistake((*step.where, "wait", "per"), f"needs an entry by and a wait for one of {told}")
        if step.kind == "send" and not step.channels:
            yield document.mistake((*step.where, "channels"), "is missing, here or for the whole journey")
    for step in steps:
        later = ", ".join(one.name for one in steps if one.position > step.position)
        for field, target in (("then", step.then), ("else", step.otherwise)):
            place = (*step.where, field)
            if target == EXIT or positions.get(target, 0) > step.position:
                continue
            if not later:
                yield document.mistake(place, f"{target!r} is no later step; after the last one come next and exit")
            elif target in positions:
                yield document.mistake(place, f"{target!r} comes earlier, so that runs could go round; later: {later}")
            else:
                yield document.mistake(place, f"there is no step {target!r}; later ones: {later}")
    if not any(step.kind in ("send", "task") for step in steps):
        yield document.mistake(("steps",), "nothing is sent and nobody is asked to do anything")


def _walk(
    steps: Sequence[JourneyStep], place: Position, after_all: Position | None
) -> Iterator[tuple[JourneyStep, Position, Position | None]]:
    """Each step, its place in the file, and the place of the step that follows it; None where the journey ends."""
    for index, step in enumerate(steps):
        where = (*place, index)
        after = (*place, index + 1) if index + 1 < len(steps) else after_all
        yield step, where, after
        for number, arm in enumerate(step.branch or []):
            yield from _walk(arm.steps, (*where, "branch", number, "steps"), after)


def _names(found: Sequence[tuple[JourneyStep, Position, Any]]) -> Iterator[str]:
    unnamed = {"wait": 0, "branch": 0, "exit": 0}
    for step, _, _ in found:
        if step.kind in unnamed:
            unnamed[step.kind] += 1
        yield step.name or step.send or step.task or f"{step.kind}_{unnamed[step.kind]}"


def _arms(step: JourneyStep, where: Position, names: Mapping[Position, str], following: str) -> Iterator[ProgramArm]:
    for number, arm in enumerate(step.branch or []):
        first = names[(*where, "branch", number, "steps", 0)] if arm.steps else following
        yield ProgramArm(arm.when, first)
