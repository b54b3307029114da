"""Journey files as they are read, and as campaigns whose recipients are those who stand at a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import PrivateAttr

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_steps import StepEntry
from exports.definitions.definition_file import read_model
from exports.definitions.journeys.condition import Condition, ConditionNames, read_condition
from exports.definitions.journeys.journey import Journey
from exports.definitions.journeys.program import ProgramStep, mistakes_of_program, program
from exports.definitions.message_programme import GOALS
from exports.definitions.tag_purposes import require_purpose, tags_of_project
from exports.definitions.yaml_lines import Document
from exports.rendering.wording_rules import read_fields
from stores.dbt_files.customer_metrics import MetricDeclaration, read_metrics
from stores.dbt_files.seed_rows import seed_rows
from stores.errors import UserError
from stores.message_channels import read_message_channels, read_message_purposes

EVENTS_SEED = "dbt_project/seeds/journeys/journey_events.csv"


class JourneyCampaign(Campaign):
    """A journey as the plan, the approval and the delivery see it: a campaign with a step for each message."""

    segment: str = ""
    occurrence: Literal["journey"] = "journey"  # type: ignore[assignment]  # no file of a campaign may say it
    _journey: Journey = PrivateAttr()
    _conditions: dict[tuple[str, int], Condition] = PrivateAttr()

    @property
    def journey(self) -> Journey:
        """Its file."""
        return self._journey

    @property
    def conditions(self) -> dict[tuple[str, int], Condition]:
        """The conditions of its branches, by step and number of the way."""
        return self._conditions

    @property
    def kind(self) -> str:
        """What it is, as a row of `campaigns` says it."""
        return "journey"

    def path(self, exports: Path) -> Path:
        """Its file, in the folder of all that is written about exports."""
        return exports / "journeys" / f"{self.campaign_id}.yml"

    def segments(self) -> list[str]:
        """The segments that decide who is in it, or which way they go."""
        named = {name for condition in self.conditions.values() for name in condition.segments}
        return sorted(named | ({self.segment} if self.segment else set()))

    def audience_rows(self) -> list[dict[str, Any]]:
        """None: who enters is said by its own rows."""
        return []

    def journey_rows(self) -> dict[str, list[dict[str, Any]]]:
        """It as rows of the operations store, by table."""
        part = {"journey_id": self.campaign_id, "version": self.version, "is_active": True}
        entry, steps = self.journey.entry, program(self.journey)
        return {
            "journeys": [
                {
                    **part,
                    "entry_segment": entry.segment,
                    "entry_event": entry.event,
                    "entry_days": entry.within if entry.event else None,
                    "entry_starts_on": entry.starts_on,
                    "entry_ends_on": entry.ends_on,
                    "reentry_days": None if entry.reentry == "never" else entry.reentry,
                    "is_concurrent": entry.concurrent == "per_entity",
                    "on_edit": self.journey.on_edit,
                    "first_step": steps[0].name,
                    "valid_days": self.valid_days,
                    "owner": self.journey.owner,
                }
            ],
            "journey_steps": [{**part, **_step_row(step)} for step in steps],
            "journey_arms": [
                {
                    **part,
                    "step": step.name,
                    "position": number,
                    "condition": self.conditions[step.name, number].sql if arm.when else None,
                    "target": arm.target,
                }
                for step in steps
                for number, arm in enumerate(step.arms, start=1)
            ],
            "journey_exits": [{**part, "event": event} for event in self.journey.exit_when],
            "journey_exclusions": [{**part, "other_journey_id": other} for other in entry.unless_in],
        }


def load_journeys(folder: Path) -> list[JourneyCampaign]:
    """Read and check all journey files of a folder.

    Args:
        folder: holds `<journey_id>.yml`, in `exports/` of a project.

    Returns:
        The journeys, by file name; also those that are not active.

    Raises:
        UserError: every mistake of the first wrong file.
    """
    mistakes: dict[str, str] = {}
    found = read_journeys(folder, mistakes)
    for mistake in mistakes.values():
        raise UserError(mistake)
    return found


def read_journeys(folder: Path, mistakes: dict[str, str]) -> list[JourneyCampaign]:
    """Read and check the journey files of a folder, each by itself.

    Args:
        folder: as for `load_journeys`.
        mistakes: takes what is wrong with a file, by the journey that it is named after.

    Raises:
        UserError: a file of another ending, or a wrong seed.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix != ".yml" and path.suffix.lower() in (".yml", ".yaml"):
            raise UserError(f"{path.name}: journey files end in .yml. Rename it, or move it out of {folder.name}/.")
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        return []
    root = folder.parents[1]
    rows = {
        "channels": tuple(read_message_channels(root)),
        "purposes": read_message_purposes(root),
        "events": tuple(events := journey_events(root)),
        "journeys": tuple(path.stem for path in paths),
        "goals": tuple(dict.fromkeys((*GOALS, *events))),
        "fields": tuple(read_fields(root)),
    }
    names, sources = condition_names(root), {name: event.source for name, event in events.items()}
    found = []
    for path in paths:
        try:
            found.append(_load(path, rows, names, sources))
        except UserError as wrong:
            mistakes[path.stem] = str(wrong)
    return found


@dataclass(frozen=True)
class JourneyEvent:
    """A row of the seed `journey_events`.

    Attributes:
        source: order, refund, profile or interaction.
        name_zh: Chinese name.
        name_en: English name.
    """

    source: str
    name_zh: str
    name_en: str


def journey_events(project_root: Path) -> dict[str, JourneyEvent]:
    """The events that journeys may wait for, by name.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: the seed is missing.
    """
    rows = seed_rows(project_root / "dbt_project", Path(EVENTS_SEED).stem)
    return {row["event"]: JourneyEvent(row["source"], row["name_zh"], row["name_en"]) for row in rows}


def condition_fields(project_root: Path) -> dict[str, MetricDeclaration]:
    """What conditions may ask of a customer: metrics and states, by name.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: a declaration of the dbt project is wrong.
    """
    dbt_project = project_root / "dbt_project"
    return {**read_metrics(dbt_project), **read_metrics(dbt_project, ("models", "intermediate", "journeys"))}


def condition_names(project_root: Path) -> ConditionNames:
    """What conditions of branches may name: customer metrics, states, segments and tags.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: a declaration of the dbt project is wrong.
    """
    dbt_project = project_root / "dbt_project"
    segments = {path.stem for path in (dbt_project / "models" / "marts" / "segments").rglob("segment_*.sql")}
    tags, sensitive = tags_of_project(project_root)
    return ConditionNames(
        {name: one.kind for name, one in condition_fields(project_root).items()},
        sorted(name.removeprefix("segment_") for name in segments - {"segment_members"}),
        tags,
        sensitive,
    )


def _load(
    path: Path, rows: Mapping[str, tuple[str, ...]], names: ConditionNames, sources: Mapping[str, str]
) -> JourneyCampaign:
    journey, document = read_model(path, Journey, rows)
    if journey.journey_id != path.stem:
        raise UserError(document.mistake(("journey_id",), f"must be the file's name, {path.stem!r}."))
    return journey_of(journey, document, names, sources)


def journey_of(
    journey: Journey, document: Document, names: ConditionNames, sources: Mapping[str, str]
) -> JourneyCampaign:
    """A journey as the rest of the platform sees it.

    Args:
        journey: as it was read; each field by itself is right.
        document: its file, for the lines of mistakes.
        names: what its conditions may name.
        sources: of the seed `journey_events`, by event.

    Raises:
        UserError: every mistake between the steps and in the conditions.
    """
    mistakes = list(mistakes_of_program(journey, document, sources))
    conditions: dict[tuple[str, int], Condition] = {}
    steps = program(journey)
    for step in steps:
        for number, arm in enumerate(step.arms, start=1):
            try:
                if arm.when:
                    conditions[step.name, number] = condition = read_condition(arm.when, names)
                    require_purpose(condition.tags, names.sensitive, journey.tag_purpose)
            except ValueError as bad:
                mistakes.append(document.mistake((*step.where, "branch", number - 1, "when"), str(bad)))
    if mistakes:
        raise UserError("; ".join(mistakes) + ".")
    return _as_campaign(journey, steps, conditions)


def _as_campaign(
    journey: Journey, steps: list[ProgramStep], conditions: dict[tuple[str, int], Condition]
) -> JourneyCampaign:
    shared = {name: getattr(journey, name) for name in Campaign.model_fields if name in Journey.model_fields}
    sends = [
        StepEntry.model_construct(name=step.name, template=step.template, channels=list(step.channels), wait_days=0)
        for step in steps
        if step.kind == "send"
    ]
    campaign = JourneyCampaign.model_construct(
        **{**shared, "steps": sends},
        campaign_id=journey.journey_id,
        segment=journey.entry.segment or "",
        occurrence="journey",
        step=1,
        template=None,
    )
    campaign._journey, campaign._conditions = journey, conditions
    return campaign


def _step_row(step: ProgramStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "position": step.position,
        "kind": step.kind,
        "then_step": step.then,
        "else_step": step.otherwise,
        "message": step.message,
        "wait_days": step.days,
        "event": step.event,
        "is_of_entity": step.of_entity,
        "task": step.task,
    }
