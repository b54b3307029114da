"""Approving and pausing a campaign: a button, a dialog that asks who and why, and the command that it runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import commands
from dashboards.components import command_buttons
from dashboards.components.i18n import t

_LONGEST_NAME, _LONGEST_REASON = 100, 1000
_WHO, _OPEN = "campaign_who", "campaign_decided_on"


def draw(campaign: dict[str, Any], name: str) -> None:
    """Draw the buttons that make sense where the campaign stands, and what the last one led to.

    Args:
        campaign: as `guanxi campaign list --json` has it.
        name: in the reader's language.
    """
    told = st.session_state.pop("campaign_told", None)
    if told:
        st.success(told, icon=":material/check:")
    why_not = command_buttons.obstacle() or None
    with st.container(horizontal=True):
        if campaign["state"] != "approved":
            _button("approved", campaign["campaign_id"], name, why_not)
        if campaign["state"] in ("approved", "changed"):
            _button("paused", campaign["campaign_id"], name, why_not)
    if why_not:
        st.caption(why_not)


def _button(decision: str, campaign_id: str, name: str, why_not: str | None) -> None:
    is_approval = decision == "approved"
    st.button(
        t("engage.approve") if is_approval else t("engage.pause"),
        key=f"{decision}_{campaign_id}",
        type="primary" if is_approval else "secondary",
        icon=":material/check_circle:" if is_approval else ":material/pause_circle:",
        disabled=why_not is not None,
        help=why_not,
        on_click=st.session_state.__setitem__,
        args=(_OPEN, (decision, campaign_id)),
    )
    # open until it is closed or done: what is typed into it runs the page again
    if st.session_state.get(_OPEN) == (decision, campaign_id):
        title = t("engage.approve.title", name=name) if is_approval else t("engage.pause.title", name=name)
        st.dialog(title, on_dismiss=_close)(_ask)(decision, campaign_id, name)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _ask(decision: str, campaign_id: str, name: str) -> None:
    is_approval = decision == "approved"
    st.markdown(t("engage.approve.text") if is_approval else t("engage.pause.text"))
    who = st.text_input(
        t("engage.who"),
        value=st.session_state.get(_WHO, ""),
        max_chars=_LONGEST_NAME,
        key=f"who_{decision}",
        help=t("engage.who.help"),
    )
    reason = "" if is_approval else st.text_input(t("engage.reason"), max_chars=_LONGEST_REASON, key="why_paused")
    words = command(decision, campaign_id, who, reason)
    st.caption(t("engage.command"))
    st.code(commands.shown(*words), language="bash", wrap_lines=True)
    if not st.button(
        t("engage.approve") if is_approval else t("engage.pause"),
        key=f"confirm_{decision}",
        type="primary",
        disabled=not who.strip(),
    ):
        return
    try:
        with st.spinner(t("command.runs")):
            commands.run(*words)
    except commands.CommandFailed as refused:
        st.error(str(refused))
        return
    _close()
    st.session_state[_WHO] = who.strip()
    st.session_state["campaign_told"] = (
        t("engage.approve.done", name=name) if is_approval else t("engage.pause.done", name=name)
    )
    st.rerun()


def command(decision: str, campaign_id: str, who: str, reason: str) -> tuple[str, ...]:
    """The words of the command that carries a decision out; what people typed cannot become an option.

    Args:
        decision: approved or paused.
        campaign_id: the campaign.
        who: decides.
        reason: of a pause; empty for none.
    """
    verb = "approve" if decision == "approved" else "pause"
    options = [f"--by={' '.join(who.split())}"]
    if reason.strip():
        options.append(f"--reason={' '.join(reason.split())}")
    return ("campaign", verb, *options, "--", campaign_id)
