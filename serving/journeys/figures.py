"""How many entered a journey, where they stand, why they went on or left, and what people are to do for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from serving.published_copy import PublishedCopy, Row

RUNS = "campaigns.journey_runs"
TRANSITIONS = "campaigns.journey_transitions"
TASKS = "campaigns.journey_tasks"
FUNNEL = "campaigns.journey_funnel"
# What a run is, as a condition on a row of `journey_runs`. Who was held out at the door has never been inside.
RUN_CONDITIONS = {
    "entered": "not (cause = 'held_out' and last_step is null)",
    "inside": "is_live",
    "ended": "not is_live and not (cause = 'held_out' and last_step is null)",
    "held_out": "cause = 'held_out' and last_step is null",
}

_Typed = TypeVar("_Typed")


def typed_rows(published: PublishedCopy, kind: type[_Typed], sql: str, *values: object) -> list[_Typed]:
    """The rows of a question as objects of a class whose fields are its columns."""
    return [kind(**row) for row in published.rows(sql, values)]


@dataclass(frozen=True)
class JourneyCounts:
    """Runs of a journey over all its versions.

    Attributes:
        entered: runs that began.
        inside: those that go on.
        ended: those that are over.
        held_out: customers who were to enter and are left out for comparison.
    """

    entered: int
    inside: int
    ended: int
    held_out: int


@dataclass(frozen=True)
class StepCounts:
    """A step of a version of a journey.

    Attributes:
        version: of the journey.
        position: place in the file, from 1.
        step: its name.
        kind: send, wait, branch, task or exit.
        about: template, task or event; empty for a branch and a plain wait.
        then_step: the step after it, or exit.
        else_step: the step when the message cannot be sent or the time is up, or exit.
        wait_days: how long it waits, for an event at most; None where it does not.
        is_newest: whether the version is the one that stands in the file.
        reached: runs that ever came to it.
        standing: runs that are there.
        gone_on: runs that went on to another step.
        ended: runs that ended there.
    """

    version: int
    position: int
    step: str
    kind: str
    about: str
    then_step: str
    else_step: str
    wait_days: int | None
    is_newest: bool
    reached: int
    standing: int
    gone_on: int
    ended: int


@dataclass(frozen=True)
class EndCount:
    """Runs that are over, by why.

    Attributes:
        cause: a row of the seed `journey_causes`.
        detail: the event, the reason or the word of an exit; empty where the cause says all.
        last_step: the step before the end; empty for who was held out at the door.
        runs: how many.
    """

    cause: str
    detail: str
    last_step: str
    runs: int


@dataclass(frozen=True)
class Way:
    """How many runs took one way from a step to another."""

    version: int
    from_step: str
    to_step: str
    cause: str
    detail: str
    runs: int


@dataclass(frozen=True)
class TaskCount:
    """What a journey asks people to do, how often, and since when."""

    task: str
    step: str
    owner: str
    tasks: int
    newest_at: datetime


@dataclass(frozen=True)
class JourneyNames:
    """What the publication calls causes and events, Chinese and English, by code."""

    causes: Mapping[str, tuple[str, str]]
    events: Mapping[str, tuple[str, str]]


def counts(published: PublishedCopy) -> dict[str, JourneyCounts]:
    """Runs of every journey that anybody entered or was held out of, by its id.

    Raises:
        TableMissing: the publication has no journeys.
    """
    sums = ", ".join(f"count(*) filter (where {condition})" for condition in RUN_CONDITIONS.values())
    found = published.values(f"select journey_id, {sums} from {RUNS} group by journey_id")
    return {name: JourneyCounts(*figures) for name, *figures in found}


def funnel(published: PublishedCopy, journey_id: str) -> list[StepCounts]:
    """The steps of a journey in the order of its file, the newest version first.

    Args:
        published: the publication.
        journey_id: the journey.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return typed_rows(
        published,
        StepCounts,
        f"""
        select
            version, position, step, kind, coalesce(about, '') as about, then_step, else_step, wait_days, is_newest,
            reached, standing, gone_on, ended
        from {FUNNEL} where journey_id = ? order by version desc, position
        """,
        journey_id,
    )


def ends(published: PublishedCopy, journey_id: str) -> list[EndCount]:
    """Runs of a journey that are over, by cause, detail and last step, most first; also who was held out.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return typed_rows(
        published,
        EndCount,
        f"""
        select cause, coalesce(detail, '') as detail, coalesce(last_step, '') as last_step, count(*) as runs
        from {RUNS} where journey_id = ? and not is_live
        group by all order by runs desc, cause, detail, last_step
        """,
        journey_id,
    )


def ways(published: PublishedCopy, journey_id: str) -> list[Way]:
    """How many runs took which way between two steps of a journey.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return typed_rows(
        published,
        Way,
        f"""
        select
            version, coalesce(from_step, '') as from_step, to_step, cause, coalesce(detail, '') as detail,
            count(distinct run_id) as runs
        from {TRANSITIONS} where journey_id = ?
        group by all order by version desc, from_step, runs desc, to_step, cause, detail
        """,
        journey_id,
    )


def tasks(published: PublishedCopy, journey_id: str) -> list[TaskCount]:
    """What a journey asked people to do, by task and step, most first.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return typed_rows(
        published,
        TaskCount,
        f"""
        select task, step, coalesce(owner, '') as owner, count(*) as tasks, max(set_at) as newest_at
        from {TASKS} where journey_id = ? group by all order by tasks desc, task, step
        """,
        journey_id,
    )


def titles(published: PublishedCopy) -> dict[str, tuple[str, str]]:
    """Chinese and English name of every journey that the publication knows, by its id.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return _pairs(
        published.rows(
            f"select distinct journey_id as code, journey_zh as name_zh, journey_en as name_en from {FUNNEL}"
        )
    )


def names(published: PublishedCopy) -> JourneyNames:
    """What causes and events are called.

    Raises:
        TableMissing: the publication was made by a release without journeys.
    """
    return JourneyNames(
        _pairs(published.rows("select cause as code, name_zh, name_en from rules.journey_causes")),
        _pairs(published.rows("select distinct event as code, name_zh, name_en from rules.journey_events")),
    )


def _pairs(rows: list[Row]) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["name_zh"], row["name_en"]) for row in rows}
