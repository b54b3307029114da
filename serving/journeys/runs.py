"""One customer in journeys: each passage, and each step that was taken in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from serving.journeys.figures import FUNNEL, RUNS, TRANSITIONS, typed_rows
from serving.published_copy import PublishedCopy


@dataclass(frozen=True)
class Run:
    """One passage of a customer through a journey.

    Attributes:
        run_id: of the run.
        journey_id: the journey.
        version: that the customer is in.
        entity_id: order or other entity that it is about; empty where a segment let in.
        step: at which it stands; exit when it is over.
        last_step: the step before the end; empty while it goes on.
        cause: why it came there, a row of `journey_causes`.
        detail: what the cause was about; empty where there is nothing more to say.
        is_live: whether it goes on.
        entered_at: when it began, business time.
        since: since when it stands there, business time.
        kind: of the step at which it stands; empty when it is over.
        wait_days: how long that step waits; None where it does not.
        event: what that step waits for; empty for nothing.
    """

    run_id: str
    journey_id: str
    version: int
    entity_id: str
    step: str
    last_step: str
    cause: str
    detail: str
    is_live: bool
    entered_at: datetime
    since: datetime
    kind: str
    wait_days: int | None
    event: str


@dataclass(frozen=True)
class Transition:
    """One step that a customer took in a journey; empty `from_step` at the entry. Times in business time."""

    run_id: str
    journey_id: str
    version: int
    number: int
    from_step: str
    to_step: str
    cause: str
    detail: str
    happened_at: datetime
    seen_on: date


def runs_of(published: PublishedCopy, customer_id: str, journey_id: str = "") -> list[Run]:
    """The runs of a customer, those that go on first, then the newest.

    Args:
        published: the publication.
        customer_id: of today.
        journey_id: one journey; empty for all.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return typed_rows(
        published,
        Run,
        f"""
        select
            runs.run_id, runs.journey_id, runs.version, coalesce(runs.entity_id, '') as entity_id, runs.step,
            coalesce(runs.last_step, '') as last_step, runs.cause, coalesce(runs.detail, '') as detail,
            runs.is_live, runs.entered_at, runs.since, coalesce(steps.kind, '') as kind, steps.wait_days,
            case when steps.kind = 'wait' then coalesce(steps.about, '') else '' end as event
        from {RUNS} as runs
        left join {FUNNEL} as steps
            on runs.journey_id = steps.journey_id and runs.version = steps.version and runs.step = steps.step
        where runs.customer_id = ? and ? in ('', runs.journey_id)
        order by runs.is_live desc, runs.entered_at desc, runs.run_id
        """,
        customer_id,
        journey_id,
    )


def transitions_of(published: PublishedCopy, customer_id: str, journey_id: str = "") -> list[Transition]:
    """Every step that a customer took in journeys, oldest first; arguments and errors as `runs_of`."""
    return _transitions(
        published, "customer_id = ? and ? in ('', journey_id)", "happened_at, run_id", customer_id, journey_id
    )


def transitions_of_run(published: PublishedCopy, run_id: str) -> list[Transition]:
    """The steps of one run in their order; none where the publication does not have it.

    Raises:
        TableMissing: the publication has no journeys.
    """
    return _transitions(published, "run_id = ?", "run_id", run_id)


def _transitions(published: PublishedCopy, where: str, order: str, *values: str) -> list[Transition]:
    return typed_rows(
        published,
        Transition,
        f"""
        select
            run_id, journey_id, version, transition_no as number, coalesce(from_step, '') as from_step, to_step,
            cause, coalesce(detail, '') as detail, happened_at, seen_on
        from {TRANSITIONS} where {where} order by {order}, transition_no
        """,
        *values,
    )
