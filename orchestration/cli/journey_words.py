"""`guanxi journey show` on the screen: who enters, the steps as a tree, who stands where, how runs end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.cli.names import in_both
from orchestration.cli.session import Listing, console
from stores.counted import counted

if TYPE_CHECKING:
    from serving.journeys.figures import EndCount, JourneyCounts, JourneyNames, StepCounts, TaskCount

_FURTHER = "  "


def entry_in_words(document: Mapping[str, Any]) -> str:
    """Who enters a journey, in one line."""
    entry = document["entry"]
    who = (
        f"members of segment {entry['segment']}"
        if entry["segment"]
        else f"whoever did {entry['event']} within {counted(entry['within_days'], 'day')}"
    )
    who += "".join(f" {word} {entry[name]}" for word, name in (("from", "starts_on"), ("to", "ends_on")) if entry[name])
    if entry["unless_in"]:
        who += f", unless they are in {', '.join(entry['unless_in'])}"
    if entry["concurrent"] == "per_entity":
        return f"{who}; a run for each order (or other entity)"
    again = entry["reentry_days"]
    return f"{who}; " + (f"again {counted(again, 'day')} after the end" if again else "once only")


def tree(steps: Sequence[Mapping[str, Any]], figures: Mapping[str, StepCounts]) -> Iterator[str]:
    """The steps one a line, those of a branch's ways below the condition.

    Args:
        steps: as `journey_document` has them.
        figures: of this version, by step; empty where nothing is published of it.
    """
    named = max((len(step["name"]) for step in steps), default=0)
    yield from _below(list(steps), 0, named, figures)


def _below(steps: list[Mapping[str, Any]], depth: int, named: int, figures: Mapping[str, StepCounts]) -> Iterator[str]:
    """The lines of the steps at a depth; each branch brings those below it."""
    while steps:
        step = steps.pop(0)
        margin = _FURTHER * 2 * depth
        yield f"{margin}{step['position']}  {step['name']:<{named}}  {_does(step)}{_who(figures.get(step['name']))}"
        inner: list[Mapping[str, Any]] = []
        while steps and steps[0]["depth"] > depth:
            inner.append(steps.pop(0))
        for number, arm in enumerate(step["arms"], start=1):
            condition = f"when {arm['when']}" if arm["when"] else "else"
            own = _of_arm(inner, depth + 1, number)
            leads = "" if own else f" → {arm['target']}"
            yield f"{margin}{_FURTHER}{condition}{leads}"
            yield from _below(own, depth + 1, named, figures)


def _of_arm(inner: list[Mapping[str, Any]], depth: int, number: int) -> list[Mapping[str, Any]]:
    """The steps of one way: those at its depth, and all that stand in branches between them."""
    found, is_own = [], False
    for step in inner:
        if step["depth"] == depth:
            is_own = step["arm"] == number
        if is_own:
            found.append(step)
    return found


def _does(step: Mapping[str, Any]) -> str:
    """What a step does, and where a run goes on from there."""
    other = f", else {step['else']}" if step["else"] else ""
    match step["kind"]:
        case "send":
            return f"send {step['template']} by {' or '.join(step['channels'])} → {step['then']}{other}"
        case "wait" if step["event"]:
            own = " to the same order (or other entity)" if step["of_entity"] else ""
            return f"wait until {step['event']}{own}, {counted(step['days'], 'day')} at most → {step['then']}{other}"
        case "wait":
            return f"wait {counted(step['days'], 'day')} → {step['then']}"
        case "task":
            return f"task {step['task']} → {step['then']}"
        case "exit":
            return f"exit ({step['exit']})"
    return "branch"


def _who(found: StepCounts | None) -> str:
    if found is None:
        return ""
    return f"  [{found.standing:,} here, {found.reached:,} came, {found.gone_on:,} went on, {found.ended:,} ended]"


def tell_counts(found: JourneyCounts | None) -> None:
    """How many are in it; that nobody was yet, where nothing is published."""
    if found is None:
        _say("nobody has entered it yet")
        return
    _say(f"{found.entered:,} entered: {found.inside:,} inside, {found.ended:,} ended; {found.held_out:,} held out")


def tell_ends(ends: Sequence[EndCount], names: JourneyNames) -> None:
    """The table of why runs ended."""
    if not ends:
        return
    table = Listing("Ended because", "原因", "About", "After step", "Runs")
    for one in ends:
        zh, en = names.causes.get(one.cause, (one.cause, one.cause))
        table.add_row(f"{en} ({one.cause})", zh, _about(one, names), one.last_step, f"{one.runs:,}")
    console.print(table)


def tell_tasks(tasks: Sequence[TaskCount]) -> None:
    """The table of what people are asked to do."""
    if not tasks:
        return
    table = Listing("Task", "Step", "Owner", "Tasks", "Newest")
    for one in tasks:
        table.add_row(one.task, one.step, one.owner, f"{one.tasks:,}", f"{one.newest_at:%Y-%m-%d %H:%M}")
    console.print(table)


def tell_older(funnel: Sequence[StepCounts], version: int) -> None:
    """Who still stands in another version than the file's."""
    for one in funnel:
        if one.version != version and one.standing:
            _say(f"version {one.version}: {counted(one.standing, 'run')} at {one.step}")


def _about(one: EndCount, names: JourneyNames) -> str:
    pair = names.events.get(one.detail)
    return in_both(pair[1], pair[0]) if pair else one.detail


def _say(text: str) -> None:
    console.print(f"  {text}", markup=False, soft_wrap=True)
