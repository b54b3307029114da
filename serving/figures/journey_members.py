"""The customers behind the figures of journeys, one row for each run that a figure counts."""

from __future__ import annotations

from serving.figures.campaign_members import parts
from serving.journeys.figures import RUN_CONDITIONS, RUNS, TASKS, TRANSITIONS
from serving.segments import Audience

# Runs at a step of a version, each as a select of the run and its customer.
_AT_STEP = {
    "standing": f"select run_id, customer_id from {RUNS} where is_live and {{of}} and step = ?",
    "reached": f"select distinct run_id, customer_id from {TRANSITIONS} where {{of}} and to_step = ?",
    "gone_on": f"select distinct run_id, customer_id from {TRANSITIONS}"
    " where {of} and from_step = ? and to_step <> 'exit'",
    "ended": f"select distinct run_id, customer_id from {TRANSITIONS}"
    " where {of} and from_step = ? and to_step = 'exit'",
}


def runs(which: str) -> Audience:
    """Runs of a journey, written `<journey>.<what>`; <what> is a key of `RUN_CONDITIONS`."""
    journey, what = parts(which, 2)
    if what not in RUN_CONDITIONS:
        raise ValueError(which)
    return Audience(
        "journey_runs", f"select customer_id from {RUNS} where journey_id = ? and {RUN_CONDITIONS[what]}", (journey,)
    )


def at_step(which: str) -> Audience:
    """Runs at a step, written `<journey>.<what>.<version>.<step>`; <what> is a key of `_AT_STEP`."""
    journey, what, version, step = parts(which, 4)
    if what not in _AT_STEP:
        raise ValueError(which)
    of = "journey_id = ? and cast(version as varchar) = ?"
    return Audience(
        "journey_step",
        f"select customer_id from ({_AT_STEP[what].format(of=of)}) as found",
        (journey, version, step),
    )


def ended(which: str) -> Audience:
    """Runs that are over, written `<journey>.<cause>.<last step>.<detail>`; what is left out at the end is empty."""
    journey, cause, step, detail = parts(which, 4)
    return Audience(
        "journey_ends",
        f"""
        select customer_id from {RUNS}
        where
            journey_id = ? and not is_live and cause = ? and coalesce(last_step, '') = ?
            and coalesce(detail, '') = ?
        """,
        (journey, cause, step, detail),
    )


def tasks(which: str) -> Audience:
    """Tasks that a journey set, written `<journey>.<task>.<step>`."""
    journey, task, step = parts(which, 3)
    return Audience(
        "journey_tasks",
        f"select customer_id from {TASKS} where journey_id = ? and task = ? and step = ?",
        (journey, task, step),
    )
