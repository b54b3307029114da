"""`on_edit: finish`: what those inside a journey may still come to stays in its file as it was when they entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from exports.definitions.campaign_files import campaign_folder
from exports.definitions.journeys.journey import EXIT
from exports.definitions.journeys.journey_files import JourneyCampaign
from exports.definitions.journeys.program import program, unsaid_ways
from exports.definitions.yaml_lines import Position, read_yaml
from serving.published_copy import PublishedCopy
from stores import operations
from stores.counted import counted
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import current_publication

_RUNS = "campaigns.journey_runs"
Standing = Mapping[tuple[int, str], int]  # customers by version and step
Steps = Mapping[str, Mapping[str, Any]]  # what a step does, by its name


@dataclass(frozen=True)
class LostStep:
    """A step that somebody may still come to and that a new version does not have as it was.

    Attributes:
        version: in which they are.
        step: its name.
        is_gone: whether the file has no step of that name; otherwise it does something else there.
        customers: who may come to it, or stand there.
    """

    version: int
    step: str
    is_gone: bool
    customers: int


def require_kept_steps(settings: Settings, journey: JourneyCampaign) -> None:
    """Refuse a version that says `on_edit: finish` and in which old and new steps get into each other's way.

    Args:
        settings: the installation, whose publication says who stands where.
        journey: as its file is now.

    Raises:
        UserError: names the first step that is gone, does something else, or runs into the old ones.
    """
    publication = current_publication(settings)
    if journey.journey.on_edit != "finish" or publication is None:
        return
    with PublishedCopy(publication.path) as published:
        standing = _standing(published, journey) if published.has(_RUNS) else {}
    if not standing:
        return
    with operations.reading(operations.engine_to_read(settings)) as connection:
        before = {version: _registered(connection, journey.campaign_id, version) for version, _ in standing}
    document = read_yaml(journey.path(campaign_folder(settings).parent))
    places = {step.name: step.where for step in program(journey.journey)}
    coming, now = _coming(before, standing), _steps(_rows(journey))

    def place(position: Position) -> str:
        return f"{document.path.name}:{document.line(position)}"

    for lost in lost_steps(now, before, coming):
        customers = counted(lost.customers, "customer")
        if lost.is_gone:
            raise UserError(
                f"{place(('on_edit',))}: on_edit: finish: {customers} of version {lost.version} may still come to the "
                f"step {lost.step}, which is gone. Put it back below the new steps, or choose move or leave."
            )
        raise UserError(
            f"{place(places[lost.step])}: on_edit: finish: {customers} of version {lost.version} may still come to the "
            f"step {lost.step}, which does something else now. Leave it as it was and give the new step another name, "
            "or choose move or leave."
        )
    for step, target, field in _ways_to_the_old(journey, now, before):
        raise UserError(
            f"{place(places[step])}: on_edit: finish: new customers would go on from {step} to {target}, an old step. "
            f"End the new steps with an exit, or say {field}: {target} here if both go on alike."
        )


def lost_steps(now: Steps, before: Mapping[int, Steps], coming: Standing) -> list[LostStep]:
    """The steps that somebody may still come to and that are not as they were, in the order of version and name.

    Args:
        now: the steps of the new version.
        before: those of the versions that somebody is in.
        coming: who may come where.
    """
    return [
        LostStep(version, step, step not in now, customers)
        for (version, step), customers in sorted(coming.items())
        if before[version].get(step) != now.get(step)
    ]


def _coming(before: Mapping[int, Steps], standing: Standing) -> dict[tuple[int, str], int]:
    """Customers by version and each step that they stand at or may still come to."""
    coming: dict[tuple[int, str], int] = {}
    for (version, step), customers in standing.items():
        for one in _ahead(before[version], step):
            coming[version, one] = coming.get((version, one), 0) + customers
    return coming


def _ways_to_the_old(
    journey: JourneyCampaign, now: Steps, before: Mapping[int, Steps]
) -> Iterator[tuple[str, str, str]]:
    """New steps that lead to an old one without naming it: the step, the old one, and the field that would name it."""

    def is_old(name: str) -> bool:
        return any(steps.get(name) == now[name] for steps in before.values())

    reached = _ahead(now, program(journey.journey)[0].name)
    for step, target in unsaid_ways(journey.journey):
        if step.name in reached and not is_old(step.name) and is_old(target):
            yield step.name, target, "then" if step.then == target and step.kind != "branch" else "else"


def _ahead(steps: Steps, first: str) -> set[str]:
    """A step and all that it may lead to."""
    found, open_steps = set[str](), [first]
    while open_steps:
        step = open_steps.pop()
        if step != EXIT and step not in found:
            found.add(step)
            open_steps += steps[step]["ways"] if step in steps else []
    return found


def _standing(published: PublishedCopy, journey: JourneyCampaign) -> dict[tuple[int, str], int]:
    rows = published.values(
        f"select version, step, count(distinct customer_id) from {_RUNS}"
        " where journey_id = ? and is_live and version < ? group by all",
        [journey.campaign_id, journey.version],
    )
    return {(int(version), str(step)): int(customers) for version, step, customers in rows}


def _rows(journey: JourneyCampaign) -> dict[str, list[dict[str, Any]]]:
    """What a file would have registered."""
    return {
        **journey.journey_rows(),
        "campaign_steps": journey.step_rows(),
        "campaign_channels": journey.channel_rows(),
    }


def _registered(connection: Connection, name: str, version: int) -> Steps:
    """The steps of an older version as they were registered."""
    tables: tuple[tuple[Table, str], ...] = (
        (operations.journey_steps, "journey_id"),
        (operations.journey_arms, "journey_id"),
        (operations.campaign_steps, "campaign_id"),
        (operations.campaign_channels, "campaign_id"),
    )
    rows = {
        table.name: [
            dict(row)
            for row in connection.execute(
                select(table).where(table.c[key] == name, table.c.version == version)
            ).mappings()
        ]
        for table, key in tables
    }
    return _steps(rows)


def _steps(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
    """What each step does, of rows as they are registered; where it stands in the file does not count."""
    texts = {row["step"]: row["template"] for row in rows["campaign_steps"]}
    channels: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows["campaign_channels"]:
        channels.setdefault(row["step"], []).append((row["position"], row["channel"], row["destination"]))
    arms: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows["journey_arms"]:
        arms.setdefault(row["step"], []).append((row["position"], row["condition"], row["target"]))
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows["journey_steps"]:
        kind, own_arms = row["kind"], sorted(arms.get(row["name"], []), key=lambda arm: int(arm[0]))
        ways = {"exit": [], "branch": [target for _, _, target in own_arms], "task": [row["then_step"]]}.get(
            kind, [row["then_step"], *([row["else_step"]] if kind == "send" or row["event"] else [])]
        )
        told = {key: row[key] for key in ("kind", "wait_days", "event", "is_of_entity", "task")}
        sends = (texts.get(row["message"]), sorted(channels.get(row["message"], []))) if kind == "send" else None
        found[row["name"]] = {**told, "ways": ways, "arms": own_arms, "sends": sends}
    return found
