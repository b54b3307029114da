"""Approving and pausing a campaign: who, why, and the command that does it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.components import command_buttons
from dashboards.components.command_buttons import Action
from dashboards.components.i18n import t

_LONGEST_REASON = 1000


def draw(campaign: dict[str, Any], name: str) -> None:
    """Draw what can be decided where the campaign stands, and what the last decision led to.

    Args:
        campaign: as `guanxi campaign list --json` has it.
        name: in the reader's language.
    """
    if told := st.session_state.pop("campaign_told", None):
        st.success(told, icon=":material/check:")
    campaign_id, state = campaign["campaign_id"], campaign["state"]
    can_pause = state in ("approved", "changed")
    by = reason = ""
    if not command_buttons.obstacle():
        by = command_buttons.who_decides()
        if can_pause:
            reason = st.text_input(t("engage.reason"), max_chars=_LONGEST_REASON, key=f"why_paused_{campaign_id}")
    actions = []
    if state != "approved":
        words = command("approve", campaign_id, by)
        actions.append(
            Action(
                f"approve_{campaign_id}",
                t("engage.approve"),
                t("engage.approve.text", name=name),
                words,
                ":material/check_circle:",
                is_main=True,
            )
        )
    if can_pause:
        words = command("pause", campaign_id, by, reason)
        actions.append(
            Action(
                f"pause_{campaign_id}",
                t("engage.pause"),
                t("engage.pause.text", name=name),
                words,
                ":material/pause_circle:",
            )
        )
    done = command_buttons.draw(actions, missing="" if by else t("decision.needs_who"))
    if done:
        is_approval = done[0].startswith("approve_")
        st.session_state["campaign_told"] = t("engage.approve.done" if is_approval else "engage.pause.done", name=name)
        st.rerun()


def command(verb: str, campaign_id: str, by: str, reason: str = "") -> tuple[str, ...]:
    """The words of the command that carries a decision out; what people typed cannot become an option.

    Args:
        verb: approve or pause.
        campaign_id: the campaign.
        by: who decides.
        reason: of a pause; empty for none.
    """
    options = [f"--by={by}"]
    if reason.strip():
        options.append(f"--reason={' '.join(reason.split())}")
    return ("campaign", verb, *options, "--", campaign_id)
