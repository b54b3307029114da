"""Journeys as documents for scripts; the app's page is one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exports.definitions.approval import Approval
    from exports.definitions.journeys.journey_files import JourneyCampaign
    from exports.definitions.journeys.program import ProgramStep
    from serving.journeys.figures import JourneyCounts
    from serving.published_copy import PublishedCopy
    from stores.settings import Settings


def find_journey(settings: Settings, name: str) -> JourneyCampaign:
    """The journey of that name.

    Raises:
        UserError: there is none; what else carries the name is said.
    """
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from exports.definitions.journeys.journey_files import JourneyCampaign
    from stores.errors import UserError

    found = load_campaigns(campaign_folder(settings), name)
    for one in found:
        if one.campaign_id == name:
            if isinstance(one, JourneyCampaign):
                return one
            raise UserError(f"{name} is a campaign, not a journey. See `guanxi campaign show {name}`.")
    known = ", ".join(one.campaign_id for one in found if one.kind == "journey") or "none yet"
    raise UserError(f"There is no journey {name!r}. Journeys: {known}.")


def published_counts(settings: Settings) -> dict[str, JourneyCounts]:
    """Runs by journey; none where nothing of that is published.

    Raises:
        PublicationDamaged: the publication cannot be read.
    """
    from serving.journeys.figures import counts
    from serving.published_copy import NoPublication, TableMissing, current_copy

    try:
        with current_copy(settings) as published:
            return counts(published)
    except (NoPublication, TableMissing):
        return {}


def journey_document(journey: JourneyCampaign, approval: Approval, counts: JourneyCounts | None) -> dict[str, Any]:
    """A journey: who enters, its steps, where it stands, and how many are in it.

    Args:
        journey: the journey.
        approval: where it stands.
        counts: its runs; None where nothing is published of it.
    """
    from exports.definitions.journeys.program import program
    from orchestration.cli.campaign_documents import campaign_document

    written, entry = journey.journey, journey.journey.entry
    about = campaign_document(journey, approval, None, None, None)
    without = ("campaign_id", "segment", "occurrence", "planned", "results", "second_approval")
    return {
        "journey_id": journey.campaign_id,
        **{name: value for name, value in about.items() if name not in without},
        "owner": written.owner,
        "entry": {
            "segment": entry.segment,
            "event": entry.event,
            "within_days": entry.within if entry.event else None,
            "reentry_days": None if entry.reentry == "never" else entry.reentry,
            "concurrent": entry.concurrent,
            "starts_on": entry.starts_on,
            "ends_on": entry.ends_on,
            "unless_in": list(entry.unless_in),
        },
        "exit_when": list(written.exit_when),
        "on_edit": written.on_edit,
        "counts": asdict(counts) if counts else None,
        "steps": [_step(one) for one in program(written)],
    }


def journey_figures(published: PublishedCopy, journey_id: str) -> dict[str, Any]:
    """What a publication has of a journey: its steps with counts, ways, ends and tasks.

    Raises:
        TableMissing: the publication has no journeys.
    """
    from serving.journeys import figures

    return {
        name: [asdict(one) for one in ask(published, journey_id)]
        for name, ask in (
            ("funnel", figures.funnel), ("ways", figures.ways), ("ends", figures.ends), ("tasks", figures.tasks),
        )
    }  # fmt: skip


def _step(step: ProgramStep) -> dict[str, Any]:
    """A step as the file has it; `depth` is how many branches it stands in, `arm` the way of the innermost one."""
    arms = [step.where[place + 1] for place, part in enumerate(step.where) if part == "branch"]
    return {
        "name": step.name,
        "position": step.position,
        "kind": step.kind,
        "depth": len(arms),
        "arm": int(arms[-1]) + 1 if arms else None,
        "then": step.then,
        "else": step.otherwise if step.kind == "send" or step.event else None,
        "template": step.template,
        "channels": [one.channel for one in step.channels],
        "days": step.days,
        "event": step.event,
        "of_entity": step.of_entity,
        "task": step.task if step.kind == "task" else None,
        "exit": step.task if step.kind == "exit" else None,
        "arms": [{"when": arm.when, "target": arm.target} for arm in step.arms],
    }
