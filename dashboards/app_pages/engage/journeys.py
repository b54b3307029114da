"""旅程: each journey as a picture, who stands where, why runs ended; approve and pause."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.commands import CommandFailed
from dashboards.components import address, cards, empty_states, html, palette, refusals
from dashboards.components.campaigns import (
    costs,
    decision,
    experiment,
    message_samples,
    plan_figures,
    result_tables,
    test_sends,
    wrong_files,
)
from dashboards.components.i18n import NOTHING, day, moment, number, percent, sentences, t, term
from dashboards.components.journeys import picture, run_tables, wording
from dashboards.queries import campaigns, journeys, published_copy

PAGE = {"title": "page.journeys", "icon": ":material/route:", "order": 42, "prepared": True}


def main() -> None:
    """Draw the page: all journeys, and below them the chosen one."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.journeys"), t("journeys.subtitle", as_of=day(as_of)))
    try:
        with st.spinner(t("journeys.reading")):
            journeys.read_ahead(st.query_params.get("journey", ""))
            found = journeys.listed()
    except CommandFailed as refused:
        with cards.card("journeys_refused", t("journeys.refused"), stretch=False):
            empty_states.empty(t("engage.refused.text"), refusals.in_words(str(refused)))
        return
    found = wrong_files.told_apart(found, "journey_id")
    if not found:
        with cards.card("journeys_none", t("journeys.list.title"), stretch=False):
            empty_states.empty(t("journeys.empty"), t("journeys.empty.text"))
        return
    with (
        cards.card("journeys", t("journeys.list.title"), t("journeys.list.note"), stretch=False),
        empty_states.guarded_card(),
    ):
        _list(found)
    by_id = {one["journey_id"]: one for one in found}
    names = {one["journey_id"]: wording.name_of(one) for one in found}
    chosen = address.choice(
        st.selectbox,
        t("journeys.choose"),
        list(names),
        key="journey",
        default=found[0]["journey_id"],
        format_func=lambda code: names[code],
    )
    _journey(by_id[chosen])


def _list(found: list[dict[str, Any]]) -> None:
    columns = ("name", "state", "entry", "entered", "inside", "ended", "held_out")
    html.table([t(f"journeys.list.{column}") for column in columns], [_line(one) for one in found], left=3)


def _line(journey: dict[str, Any]) -> list[Any]:
    return [
        wording.name_of(journey),
        html.Pill(_state(journey), palette.CAMPAIGN_STATES.get(journey["state"], palette.GREY)),
        wording.entry(journey),
        *run_tables.counts(journey["journey_id"]),
    ]


def _state(journey: dict[str, Any]) -> str:
    return term("campaign_state", journey["state"] if journey["is_active"] else "inactive")


def _journey(journey: dict[str, Any]) -> None:
    """The chosen journey: where it stands, its picture, who is where, how runs ended, today's messages."""
    name = journey["journey_id"]
    left, right = st.columns([2, 3])
    with left, cards.card("journey_state", wording.name_of(journey)):
        _standing(journey)
    with (
        right,
        cards.card("journey_picture", t("journeys.picture.title"), t("journeys.picture.note")),
        empty_states.guarded_card(),
    ):
        _picture(journey)
    with (
        cards.card("journey_funnel", t("journeys.funnel.title"), t("journeys.funnel.note"), stretch=False),
        empty_states.guarded_card(),
    ):
        run_tables.funnel(journey)
    left, right = st.columns([3, 2])
    with (
        left,
        cards.card("journey_ends", t("journeys.ends.title"), t("journeys.ends.note")),
        empty_states.guarded_card(),
    ):
        run_tables.ends(name)
    with right, cards.card("journey_tasks", t("journeys.tasks.title")), empty_states.guarded_card():
        run_tables.tasks(name)
    with (
        cards.card("journey_results", t("journeys.results.title"), t("engage.results.note"), stretch=False),
        empty_states.guarded_card(),
    ):
        sends = [step["name"] for step in journey["steps"] if step["kind"] == "send"]
        result_tables.by_channel(name, dict(enumerate(sends, start=1)))
    experiment.draw(name)
    costs.draw(name)
    _messages(journey)


def _picture(journey: dict[str, Any]) -> None:
    name, version = journey["journey_id"], journey["version"]
    counted = journeys.counts().get(name)
    standing = {one.step: one.standing for one in journeys.funnel(name) if one.version == version}
    picture.draw(journey, standing, counted.ended if counted else 0)


def _messages(journey: dict[str, Any]) -> None:
    """What the plan has of the journey today, and its texts."""
    name = journey["journey_id"]
    preview, refused = _preview(journey)
    with cards.card("journey_plan", t("journeys.plan.title"), t("journeys.plan.note"), stretch=False):
        if preview is None:
            empty_states.empty(t("engage.plan.none"), refused)
            return
        if preview["absence"]:
            why = term("engage_absence", preview["absence"])
            if preview["entrants"] is not None:
                share = percent(journey["holdout_percent"] / 100, 0)
                who = t("journeys.entrants", count=number(preview["entrants"]), share=share)
                why = sentences(why, who)
            empty_states.empty(t("journeys.plan.none"), why)
        else:
            plan_figures.draw(name, preview, is_journey=True)
            plan_figures.by_step(name, preview)
            plan_figures.by_employee(preview)
    with cards.card("journey_texts", t("journeys.texts.title"), t("engage.texts.note"), stretch=False):
        message_samples.draw(preview["texts"])
    with cards.card("journey_tests", t("journeys.test.title"), stretch=False):
        test_sends.draw(name, wording.name_of(journey))


def _preview(journey: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """What the plan has of the journey, or why that cannot be told."""
    try:
        with st.spinner(t("journeys.reading")):
            return campaigns.preview(journey["journey_id"]), ""
    except CommandFailed as failed:
        return None, refusals.in_words(str(failed))


def _standing(journey: dict[str, Any]) -> None:
    state = journey["state"]
    colour = palette.CAMPAIGN_STATES.get(state, palette.GREY)
    means = term("journey_means", state if journey["is_active"] else "inactive")
    st.html(
        f'<div class="gx-status" style="--c:{html.escape(colour)}"><span class="gx-dot"></span>'
        f"<b>{html.escape(_state(journey))}</b></div>"
        f'<p class="gx-note">{html.escape(means)}</p>'
    )
    facts = [
        (t("journeys.fact.entry"), wording.entry(journey)),
        (t("journeys.fact.again"), wording.again(journey)),
        (t("journeys.fact.limits"), wording.entry_limits(journey) or NOTHING),
        (
            t("journeys.fact.exits"),
            t("word.and").join(wording.event(event) for event in journey["exit_when"]) or NOTHING,
        ),
        (t("journeys.fact.edit"), term("journey_edit", journey["on_edit"])),
        (
            t("engage.fact.goal"),
            t("engage.fact.goal.text", goal=term("goal", journey["goal"]), days=number(journey["goal_window_days"])),
        ),
        (t("engage.fact.holdout"), percent(journey["holdout_percent"] / 100, 0)),
        (t("engage.fact.version"), number(journey["version"])),
        (t("journeys.fact.owner"), journey["owner"] or NOTHING),
    ]
    if journey["decided_at"]:
        zone = ZoneInfo(published_copy.settings().timezone)
        decided = datetime.fromisoformat(journey["decided_at"]).astimezone(zone)
        facts.append((t("engage.fact.decided"), f"{journey['decided_by']} · {moment(decided)}"))
    if journey["reason"]:
        facts.append((t("engage.fact.reason"), journey["reason"]))
    st.html(html.facts(facts))
    for path in journey["changed_files"]:
        st.html(
            f'<div class="gx-fail" style="--c:{palette.CORAL}">{html.escape(t("engage.changed_file", path=path))}</div>'
        )
    decision.draw("journey", journey["journey_id"], journey["state"], wording.name_of(journey), _preview(journey)[0])


main()
