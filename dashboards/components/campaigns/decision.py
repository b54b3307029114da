"""Approving and pausing a campaign or a journey: who, why, and the command that does it."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from dashboards.components import command_buttons
from dashboards.components.campaigns import second_person
from dashboards.components.command_buttons import Action
from dashboards.components.i18n import number, t

_LONGEST_REASON = 1000


def draw(
    kind: Literal["campaign", "journey"], campaign_id: str, state: str, name: str, preview: dict[str, Any] | None
) -> None:
    """Draw what can be decided where the campaign or journey stands, and what the last decision led to.

    Args:
        kind: campaign or journey.
        campaign_id: the campaign or journey.
        state: where it stands, as `guanxi campaign list --json` has it.
        name: in the reader's language.
        preview: as `guanxi campaign preview --json` has it; None where it could not be made.
    """
    if told := st.session_state.pop("campaign_told", None):
        st.success(told, icon=":material/check:")
    is_campaign = kind == "campaign"
    can_pause = state in ("approved", "changed")
    by = reason = ""
    if not command_buttons.obstacle():
        by = command_buttons.who_decides()
        if can_pause:
            reason = st.text_input(t("engage.reason"), max_chars=_LONGEST_REASON, key=f"why_paused_{campaign_id}")
    actions = []
    if state != "approved":
        words = command(kind, "approve", campaign_id, by)
        actions.append(
            Action(
                f"approve_{campaign_id}",
                t("engage.approve"),
                t("engage.approve.text" if is_campaign else "journeys.approve.text", name=name),
                words,
                ":material/check_circle:",
                is_main=True,
            )
        )
    elif preview and second_person.is_missing(preview):
        words = command(kind, "approve", campaign_id, by, plan=preview["publication_id"])
        messages = number(preview["second_approval"]["messages"])
        actions.append(
            Action(
                f"second_{campaign_id}",
                t("engage.second"),
                t("engage.second.text", name=name, messages=messages),
                words,
                ":material/group:",
                is_main=True,
            )
        )
    if can_pause:
        words = command(kind, "pause", campaign_id, by, reason)
        actions.append(
            Action(
                f"pause_{campaign_id}",
                t("engage.pause"),
                t("engage.pause.text" if is_campaign else "journeys.pause.text", name=name),
                words,
                ":material/pause_circle:",
            )
        )
    done = command_buttons.draw(actions, missing="" if by else t("decision.needs_who"))
    if done:
        is_approval = done[0].startswith("approve_")
        if done[0].startswith("second_"):
            told = t("engage.second.done", name=name)
        elif is_campaign:
            told = t("engage.approve.done" if is_approval else "engage.pause.done", name=name)
        else:
            told = t("journeys.approve.done" if is_approval else "journeys.pause.done", name=name)
        st.session_state["campaign_told"] = told
        st.rerun()


def command(kind: str, verb: str, campaign_id: str, by: str, reason: str = "", plan: str = "") -> tuple[str, ...]:
    """The words of the command that carries a decision out; what people typed cannot become an option.

    Args:
        kind: campaign or journey.
        verb: approve or pause.
        campaign_id: the campaign or journey.
        by: who decides.
        reason: of a pause; empty for none.
        plan: the publication whose plan was looked at, where that is what a second person approves.
    """
    options = [f"--by={by}"]
    if reason.strip():
        options.append(f"--reason={' '.join(reason.split())}")
    if plan:
        options.append(f"--plan={plan}")
    return (kind, verb, *options, "--", campaign_id)
