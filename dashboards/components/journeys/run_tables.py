"""Who came how far in a journey, why runs ended, what people are to do; each figure leads to its customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.components import cards, empty_states, html, palette
from dashboards.components.figures import drill_down, filter_row
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.i18n import NOTHING, day, number, percent, t
from dashboards.components.journeys import wording
from dashboards.queries import journeys, published_copy

_ENDS = {"left": palette.AMBER, "held_out": palette.SKY, "not_sent": palette.CORAL, "step_missing": palette.CORAL}
_STEP_FIGURES = ("reached", "standing", "gone_on", "ended")


def counts(journey_id: str) -> list[Any]:
    """Cells of a table: how many entered, are inside, ended, and are held out."""
    found = journeys.counts().get(journey_id)
    if found is None:
        return [NOTHING] * 4
    return [
        drill_down.cell(
            number(getattr(found, what)), getattr(found, what), "journey_runs", _everybody(), f"{journey_id}.{what}"
        )
        for what in ("entered", "inside", "ended", "held_out")
    ]


def funnel(journey: Mapping[str, Any]) -> None:
    """Draw the steps of the file's version, and below them older versions that somebody is still in."""
    found = journeys.funnel(journey["journey_id"])
    current = [one for one in found if one.version == journey["version"]]
    if not current:
        empty_states.empty(t("journeys.funnel.none"), t("journeys.funnel.none.text"))
        return
    about = {step["name"]: step for step in journey["steps"]}
    _steps(journey["journey_id"], current, about)
    older = {one.version for one in found if one.version != journey["version"] and one.standing}
    for version in sorted(older, reverse=True):
        st.caption(t("journeys.funnel.older", version=number(version)))
        _steps(journey["journey_id"], [one for one in found if one.version == version], {})


def _steps(journey_id: str, steps: Sequence[Any], about: Mapping[str, Mapping[str, Any]]) -> None:
    entered = steps[0].reached
    html.table(
        [t("journeys.step.name"), t("journeys.step.does"), *(t(f"journeys.step.{name}") for name in _STEP_FIGURES)],
        [
            [
                f"{one.position}. {wording.kind(one.kind)} · {one.step}",
                wording.step(about[one.step]) if one.step in about else one.about or NOTHING,
                *(_figure(journey_id, one, name, entered) for name in _STEP_FIGURES),
            ]
            for one in steps
        ],
        left=2,
    )


def _figure(journey_id: str, step: Any, name: str, entered: int) -> Any:
    amount = getattr(step, name)
    shown: Any = number(amount)
    if name == "reached" and entered:
        shown = html.Bar(f"{number(amount)} · {percent(amount / entered, 0)}", amount / entered)
    which = f"{journey_id}.{name}.{step.version}.{step.step}"
    return drill_down.cell(shown, amount, "journey_step", _everybody(), which)


def ends(journey_id: str) -> None:
    """Draw why runs ended, most first."""
    found = journeys.ends(journey_id)
    total = sum(one.runs for one in found)
    if not total:
        empty_states.empty(t("journeys.ends.none"))
    for one in found:
        where = t("journeys.ends.after", step=one.last_step) if one.last_step else ""
        which = ".".join((journey_id, one.cause, one.last_step, one.detail)).rstrip(".")
        cards.share_line(
            " · ".join(part for part in (wording.cause(one.cause, one.detail), where) if part),
            f"{number(one.runs)} · {percent(one.runs / total)}",
            one.runs / total,
            _ENDS.get(one.cause, palette.JADE),
            drill_down.target("journey_ends", _everybody(), which),
        )


def tasks(journey_id: str) -> None:
    """Draw what people are asked to do."""
    found = journeys.tasks(journey_id)
    if not found:
        empty_states.empty(t("journeys.tasks.none"))
        return
    html.table(
        [t(f"journeys.tasks.{name}") for name in ("task", "step", "newest", "tasks")],
        [
            [
                one.task,
                one.step,
                day(one.newest_at),
                drill_down.cell(
                    number(one.tasks), one.tasks, "journey_tasks", _everybody(), f"{journey_id}.{one.task}.{one.step}"
                ),
            ]
            for one in found
        ],
        left=3,
    )


def _everybody() -> Chosen:
    return filter_row.everything(published_copy.publication().as_of)
