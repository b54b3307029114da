"""The stewards' decisions in force, each with its way back."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboards.components import cards, command_buttons, empty_states
from dashboards.components.command_buttons import Action
from dashboards.components.html import escape
from dashboards.components.i18n import moment, number, t
from dashboards.components.stewardship.profile_pair import profile_name
from dashboards.queries import identity_review, published_copy
from stores.operations import Decision

_SHOWN = 10


def waiting(decisions: Sequence[Decision]) -> dict[str, bool]:
    """Whether each decision still waits for the next run: the publication does not have it yet."""
    profiles = sorted({name for row in decisions for name in (row.left_profile_id, row.right_profile_id)})
    customer = identity_review.customers_of(tuple(profiles))
    return {
        row.decision_id: (row.decision == "join")
        != (customer.get(row.left_profile_id, "left") == customer.get(row.right_profile_id, "right"))
        for row in decisions
    }


def draw(decisions: Sequence[Decision], by: str) -> None:
    """Draw the card, the newest decision first.

    Args:
        decisions: in force, the newest first.
        by: who would take one back; empty where that is not said yet.
    """
    with cards.card("decisions", t("decided.title"), t("decided.note"), stretch=False):
        if undone := st.session_state.pop("decision_undone", None):
            st.success(t("decision.undone"), icon=":material/undo:")
            st.code(undone, language=None, wrap_lines=True)
        if not decisions:
            empty_states.empty(t("decided.none"), t("decided.none.text"))
            return
        is_cut = len(decisions) > _SHOWN and not st.session_state.get("decisions_all")
        shown = decisions[:_SHOWN] if is_cut else decisions
        waits = waiting(shown)
        if refused := command_buttons.obstacle() or ("" if by else t("decision.undo.needs")):
            st.caption(refused)
        for row in shown:
            _decision(row, waits[row.decision_id], by)
        if is_cut:
            st.button(t("decided.all", count=number(len(decisions))), key="decisions_all")


def _decision(row: Decision, waits: bool, by: str) -> None:
    current = published_copy.settings()
    when = pd.Timestamp(row.decided_at, tz="UTC").tz_convert(ZoneInfo(current.timezone))
    pair = f"{profile_name(row.left_profile_id)} – {profile_name(row.right_profile_id)}"
    said = t(f"decision.{row.decision}", by=row.decided_by, why=row.reason or "")
    state = t("decision.waits" if waits else "decision.holds")
    st.html(
        f'<div class="gx-record"><b>{escape(pair)}</b><span></span>'
        f"<small>{escape(said)} {escape(moment(when))} · {escape(row.decision_id)} · {escape(state)}</small></div>"
    )
    words = ("identity", "undo", f"--by={by}", "--", row.decision_id)
    action = Action(
        f"undo_{row.decision_id}", t("decision.undo"), t("decision.ask.undo", pair=pair), words, ":material/undo:"
    )
    if done := command_buttons.draw([action], missing="" if by else t("decision.undo.needs"), says_why=False):
        st.session_state["decision_undone"] = done[1]
        st.rerun()
