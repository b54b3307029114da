"""Where a customer stands in a journey and why: not let in, held out, waiting, gone by another way, left early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from exports.definitions.journeys.journey_files import JourneyCampaign
from exports.definitions.journeys.program import ProgramStep, program
from orchestration.stewardship.answers import Answer
from serving.journeys.entries import last_did
from serving.journeys.figures import JourneyNames, names
from serving.journeys.runs import Run, Transition, runs_of, transitions_of
from serving.published_copy import PublishedCopy
from stores.counted import counted


def answers(
    published: PublishedCopy, customer_id: str, journey: JourneyCampaign, step: str, as_of: date
) -> Iterator[Answer]:
    """What is known of a customer in a journey.

    Args:
        published: the publication.
        customer_id: of today.
        journey: the journey.
        step: the step that is asked about; empty for where they stand.
        as_of: day of the publication.

    Raises:
        TableMissing: the publication has no journeys.
    """
    found = runs_of(published, customer_id, journey.campaign_id)
    words, steps = names(published), {one.name: one for one in program(journey.journey)}
    if not found:
        yield from _never_in(published, customer_id, journey, words, as_of)
        return
    for run in found:
        taken = [one for one in transitions_of(published, customer_id, journey.campaign_id) if one.run_id == run.run_id]
        yield _where(run, words, as_of)
        if step:
            yield _at(step, run, taken, steps, words)
    if not any(run.is_live for run in found):
        yield _again(journey, found[0], taken_last(published, customer_id, found[0]))


def taken_last(published: PublishedCopy, customer_id: str, run: Run) -> Transition:
    """The last step of a run."""
    return [one for one in transitions_of(published, customer_id, run.journey_id) if one.run_id == run.run_id][-1]


def about(cause: str, detail: str, words: JourneyNames) -> str:
    """A cause in English and Chinese, with the event, reason, task or way that it was about."""
    pair = words.causes.get(cause)
    said = f"{pair[1]} {pair[0]} ({cause})" if pair else cause
    event = words.events.get(detail)
    more = f"{event[1]} {event[0]}" if event else f"way {detail}" if cause == "branched" else detail
    return f"{said}: {more}" if more else said


def _never_in(
    published: PublishedCopy, customer_id: str, journey: JourneyCampaign, words: JourneyNames, as_of: date
) -> Iterator[Answer]:
    entry = journey.journey.entry
    if entry.starts_on and as_of < entry.starts_on:
        yield Answer("entry_not_open", f"Never entered: the file lets in from {entry.starts_on} on.")
        return
    if entry.ends_on and as_of > entry.ends_on:
        yield Answer("entry_closed", f"Not entered: the file lets in until {entry.ends_on}.")
        return
    inside = [run for other in entry.unless_in for run in runs_of(published, customer_id, other) if run.is_live]
    if inside:
        where = ", ".join(f"{run.journey_id} at {run.step} since {run.since:%Y-%m-%d}" for run in inside)
        yield Answer("kept_out", f"Does not enter while in {where} (entry.unless_in of the file).")
        return
    if entry.event is None:
        yield Answer("never_entered", "Never entered. Who is in the segment on the day of a build enters.")
        return
    did = last_did(published, customer_id, entry.event)
    pair = words.events.get(entry.event, (entry.event, entry.event))
    what = f"{pair[1]} {pair[0]} ({entry.event})"
    if did is None:
        yield Answer("event_missing", f"Never entered: {what} is not known of the customer.")
    elif (as_of - did.date()).days >= entry.within:
        within = counted(entry.within, "day")
        yield Answer("event_too_old", f"Never entered: {what} was last on {did:%Y-%m-%d}, and within {within} lets in.")
    else:
        yield Answer("never_entered", f"Never entered: {what} was on {did:%Y-%m-%d}; the next build lets in.")


def _where(run: Run, words: JourneyNames, as_of: date) -> Answer:
    """Where a run stands, or how it ended."""
    since = f"{run.since:%Y-%m-%d %H:%M}"
    why = about(run.cause, run.detail, words)
    if not run.is_live:
        if run.cause == "held_out" and not run.last_step:
            return Answer("held_out", f"Held out for comparison on {since}: never entered, always the same customers.")
        return Answer(run.cause, f"Entered on {run.entered_at:%Y-%m-%d}, ended on {since} at {run.last_step}: {why}.")
    start = f"Entered on {run.entered_at:%Y-%m-%d}, stands at {run.step} since {since} ({why})"
    if run.kind == "wait" and run.wait_days is not None:
        until = f"{run.since.date() + timedelta(days=run.wait_days):%Y-%m-%d}"
        pair = words.events.get(run.event)
        event = f"until {pair[1] if pair else run.event} ({run.event}), " if run.event else ""
        return Answer("waiting", f"{start}; waits {event}{'at the latest ' if run.event else ''}until {until}.")
    if run.kind == "send":
        return Answer("waiting", f"{start}; its message is planned or on its way.")
    return Answer("waiting", f"{start}; the build of the next day goes on from there.")


def _at(step: str, run: Run, taken: Sequence[Transition], steps: dict[str, ProgramStep], words: JourneyNames) -> Answer:
    """What became of a run at one step: not yet there, been there, or gone by."""
    came = next((one for one in taken if one.to_step == step), None)
    left = next((one for one in taken if one.from_step == step), None)
    if came and left:
        return Answer(
            left.cause,
            f"Came to {step} on {came.happened_at:%Y-%m-%d %H:%M}, went on to {left.to_step} on "
            f"{left.happened_at:%Y-%m-%d %H:%M}: {about(left.cause, left.detail, words)}.",
        )
    if came:
        return Answer("waiting", f"Came to {step} on {came.happened_at:%Y-%m-%d %H:%M} and stands there.")
    stands = steps.get(run.step)
    if run.is_live and stands and stands.position < steps[step].position:
        return Answer("not_yet", f"Has not come to {step} yet; stands before it, at {run.step}.")
    passed = [one for one in taken if one.from_step in steps and steps[one.from_step].position < steps[step].position]
    if passed:
        last = passed[-1]
        return Answer(
            "passed_by",
            f"Never came to {step}: from {last.from_step} to {last.to_step} on {last.happened_at:%Y-%m-%d %H:%M}, "
            f"{about(last.cause, last.detail, words)}.",
        )
    return Answer("not_reached", f"Never came to {step}.")


def _again(journey: JourneyCampaign, run: Run, last: Transition) -> Answer:
    """Whether, and from when on, somebody who was in it may enter again."""
    reentry = journey.journey.entry.reentry
    if journey.journey.entry.concurrent == "per_entity":
        return Answer("may_enter_again", "May enter again for another order (or other entity).")
    if reentry == "never":
        return Answer("may_not_enter_again", "May not enter again: the file says reentry: never.")
    day = last.seen_on + timedelta(days=int(reentry))
    return Answer("may_enter_again", f"May enter again from {day:%Y-%m-%d} on ({counted(int(reentry), 'day')} after).")
