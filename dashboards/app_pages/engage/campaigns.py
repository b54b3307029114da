"""营销活动: where each campaign stands, what it would send, what it brought; approve and pause."""

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
    fatigue,
    message_samples,
    plan_figures,
    result_tables,
    test_sends,
    wrong_files,
)
from dashboards.components.campaigns.outcome_cells import OutcomeCells
from dashboards.components.charts import sending
from dashboards.components.figures import drill_down, filter_row
from dashboards.components.i18n import NOTHING, day, is_chinese, moment, number, percent, t, term
from dashboards.components.reasons import message_channel
from dashboards.navigation import SEGMENTS_PAGE
from dashboards.queries import campaigns, published_copy, segments
from stores.errors import UserError

PAGE = {"title": "page.campaigns", "icon": ":material/campaign:", "order": 40, "prepared": True}

_EVENTS = ("sent", "delivered", "clicked")


def main() -> None:
    """Draw the page: all campaigns, and below them the chosen one."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.campaigns"), t("engage.subtitle", as_of=day(as_of)))
    try:
        with st.spinner(t("engage.reading")):
            campaigns.read_ahead(st.query_params.get("campaign", ""))
            found = campaigns.listed()
    except CommandFailed as refused:
        with cards.card("campaigns_refused", t("engage.refused"), stretch=False):
            empty_states.empty(t("engage.refused.text"), refusals.in_words(str(refused)))
        return
    found = wrong_files.told_apart(found, "campaign_id")
    if not found:
        with cards.card("campaigns_none", t("engage.list.title"), stretch=False):
            empty_states.empty(t("campaigns.empty"), t("campaigns.empty.text"))
        return
    with cards.card("campaigns", t("engage.list.title"), t("engage.list.note"), stretch=False):
        _list(found)
    by_id = {one["campaign_id"]: one for one in found}
    names = {one["campaign_id"]: _name(one) for one in found}
    chosen = address.choice(
        st.selectbox,
        t("engage.choose"),
        list(names),
        key="campaign",
        default=found[0]["campaign_id"],
        format_func=lambda code: names[code],
    )
    _campaign(by_id[chosen])
    with (
        cards.card("campaign_fatigue", t("engage.fatigue.title"), t("engage.fatigue.note"), stretch=False),
        empty_states.guarded_card(),
    ):
        fatigue.draw()


def _name(campaign: dict[str, Any]) -> str:
    return str(campaign["name"]["zh" if is_chinese() else "en"])


def _list(found: list[dict[str, Any]]) -> None:
    columns = ("name", "state", "segment", "channel", "now", "sent", "delivered", "clicked", "converted", "holdout")
    html.table([t(f"engage.list.{column}") for column in columns], [_line(one) for one in found], left=4)


def _line(campaign: dict[str, Any]) -> list[Any]:
    cells = OutcomeCells(
        campaign["campaign_id"], campaign["results"] or {}, filter_row.everything(published_copy.publication().as_of)
    )
    return [
        _name(campaign),
        html.Pill(_state(campaign), palette.CAMPAIGN_STATES.get(campaign["state"], palette.GREY)),
        _audience(campaign),
        t("word.and").join(message_channel(channel) for channel in campaign["channels"]),
        _planned(campaign["campaign_id"], campaign["planned"]),
        cells.count("sent"),
        cells.rate("delivered"),
        cells.rate("clicked"),
        cells.rate("converted"),
        cells.holdout_rate(),
    ]


def _planned(campaign: str, planned: dict[str, int] | None) -> Any:
    """What the plan of the publication sends, or what an approval would let go."""
    if not planned:
        return NOTHING
    everybody = filter_row.everything(published_copy.publication().as_of)
    if count := planned["unapproved"]:
        said = t("engage.list.unapproved", count=number(count))
        return drill_down.cell(said, count, "campaign_plan", everybody, f"{campaign}..campaign_not_approved")
    send = planned["send"]
    return drill_down.cell(number(send), send, "campaign_plan", everybody, f"{campaign}.send")


def _state(campaign: dict[str, Any]) -> str:
    return term("campaign_state", campaign["state"] if campaign["is_active"] else "inactive")


def _audience(campaign: dict[str, Any]) -> Any:
    """Whom it goes to: a link to the members of its segment, or its segments and tags in words."""
    if campaign["segment"]:
        return html.Link(_segment(campaign["segment"]), "segments", _members_of(campaign["segment"]))
    sides: dict[str, list[str]] = {"include": [], "exclude": []}
    for one in campaign["audience"]:
        sides[one["side"]].append(_segment(one["name"]) if one["kind"] == "segment" else one["name"])
    said = [", ".join(sides["include"])]
    if sides["exclude"]:
        said.append(t("engage.audience.without", names=", ".join(sides["exclude"])))
    return " · ".join(said)


def _segment(segment: str) -> str:
    names = {one.name: one.name_zh if is_chinese() else one.name_en for one in segments.named_segments()}
    return names.get(segment, segment)


def _members_of(segment: str) -> dict[str, str]:
    """What the address of the segments page says to show the members of a segment, in the same language."""
    spoken = {"lang": st.query_params["lang"]} if "lang" in st.query_params else {}
    return {"segments_view": "named", "named_segment": segment, **spoken}


def _campaign(campaign: dict[str, Any]) -> None:
    """The chosen campaign: where it stands, what the plan has of it, its texts, its results."""
    preview: dict[str, Any] | None = None
    refused = ""
    try:
        with st.spinner(t("engage.reading")):
            preview = campaigns.preview(campaign["campaign_id"])
    except CommandFailed as failed:
        refused = refusals.in_words(str(failed))
    left, right = st.columns([2, 3])
    with left, cards.card("campaign_state", _name(campaign)):
        _standing(campaign, preview)
    with right, cards.card("campaign_plan", t("engage.plan.title"), t("engage.plan.note")):
        if preview is None:
            empty_states.empty(t("engage.plan.none"), refused)
        else:
            plan_figures.draw(campaign["campaign_id"], preview)
    if preview:
        with cards.card("campaign_counts", t("engage.counts.title"), t("engage.counts.note"), stretch=False):
            plan_figures.by_step(campaign["campaign_id"], preview)
            plan_figures.by_employee(preview)
        with cards.card("campaign_texts", t("engage.texts.title"), t("engage.texts.note"), stretch=False):
            message_samples.draw(preview["texts"])
        with cards.card("campaign_tests", t("engage.test.title"), stretch=False):
            test_sends.draw(campaign["campaign_id"], _name(campaign))
    with cards.card("campaign_results", t("engage.results.title"), t("engage.results.note"), stretch=False):
        result_tables.by_channel(campaign["campaign_id"])
    experiment.draw(campaign["campaign_id"])
    costs.draw(campaign["campaign_id"])
    with cards.card("campaign_days", t("engage.days.title"), t("engage.days.note"), stretch=False):
        _days(campaign)


def _standing(campaign: dict[str, Any], preview: dict[str, Any] | None) -> None:
    state = campaign["state"]
    colour = palette.CAMPAIGN_STATES.get(state, palette.GREY)
    st.html(
        f'<div class="gx-status" style="--c:{html.escape(colour)}"><span class="gx-dot"></span>'
        f"<b>{html.escape(_state(campaign))}</b></div>"
        f'<p class="gx-note">{html.escape(term("campaign_means", state if campaign["is_active"] else "inactive"))}</p>'
    )
    facts = [
        (t("engage.fact.channels"), t("word.and").join(message_channel(one) for one in campaign["channels"])),
        (t("engage.fact.occurrence"), term("occurrence", campaign["occurrence"])),
        (
            t("engage.fact.goal"),
            t("engage.fact.goal.text", goal=term("goal", campaign["goal"]), days=number(campaign["goal_window_days"])),
        ),
        (t("engage.fact.holdout"), percent(campaign["holdout_percent"] / 100, 0)),
        (t("engage.fact.version"), number(campaign["version"])),
    ]
    if campaign["decided_at"]:
        decided = datetime.fromisoformat(campaign["decided_at"]).astimezone(
            ZoneInfo(published_copy.settings().timezone)
        )
        facts.append((t("engage.fact.decided"), f"{campaign['decided_by']} · {moment(decided)}"))
    if campaign["reason"]:
        facts.append((t("engage.fact.reason"), campaign["reason"]))
    st.html(html.facts(facts))
    for path in campaign["changed_files"]:
        st.html(
            f'<div class="gx-fail" style="--c:{palette.CORAL}">{html.escape(t("engage.changed_file", path=path))}</div>'
        )
    if campaign["segment"]:
        st.page_link(
            SEGMENTS_PAGE,
            label=t("engage.members", segment=_segment(campaign["segment"])),
            icon=":material/groups:",
            query_params=_members_of(campaign["segment"]),
        )
    decision.draw("campaign", campaign["campaign_id"], state, _name(campaign), preview)


def _days(campaign: dict[str, Any]) -> None:
    name = campaign["campaign_id"]
    found = campaigns.sent_by_day(name)
    if found.empty:
        empty_states.empty(t("engage.days.none"))
    else:
        drawn = sending.by_day(found, {event: t(f"engage.days.{event}") for event in _EVENTS}, name)
        everybody = filter_row.everything(published_copy.publication().as_of)
        drill_down.chart(drawn, t("engage.days.title"), f"sent_by_day_{name}", "messages", everybody)
    try:
        if newer := campaigns.left_since(name):
            st.caption(t("engage.days.newer", count=number(newer)))
    except UserError as lost:
        st.caption(f"{t('unsent.lost')} {refusals.in_words(str(lost))}")


main()
