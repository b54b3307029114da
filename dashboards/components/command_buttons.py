"""Buttons that change something: each shows its command, asks before it runs it, and says what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboards import commands
from dashboards.components import refusals
from dashboards.components.i18n import t
from dashboards.queries.published_copy import settings

_ASKED = "command_asked"
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Action:
    """A button and its command.

    Attributes:
        key: unique on the page.
        label: in the reader's language.
        question: what is asked before it is done, in the reader's language.
        words: of the command, without `guanxi`.
        icon: a Material icon.
        is_main: drawn in the app's colour.
    """

    key: str
    label: str
    question: str
    words: tuple[str, ...]
    icon: str
    is_main: bool = False


def obstacle() -> str:
    """Why nothing can be changed at all, in the reader's language; empty where it can."""
    past = settings().past_day
    return t("command.past_day", day=past.isoformat()) if past else ""


def who_decides() -> str:
    """Ask who decides, empty until it is said; one name for all pages."""
    kept = st.session_state.get("decision_by_kept", "")
    by = st.text_input(
        t("decision.who"), kept, key="decision_by", max_chars=_LONGEST_NAME, help=t("decision.who.help"), width=320
    )
    st.session_state["decision_by_kept"] = name = " ".join(by.split())
    return name


def draw(
    actions: Sequence[Action], missing: str = "", says_why: bool = True, seconds: float = 120
) -> tuple[str, str] | None:
    """Draw the buttons side by side, and below them the question and the command of the one that was clicked.

    Args:
        actions: the buttons.
        missing: what the reader has to do first, in their language; empty where nothing is missing.
        says_why: whether to say what is missing below the buttons; False where it is said above several of them.
        seconds: how long a command may take.

    Returns:
        The key of the action that has just been carried out and what its command printed; None otherwise.
    """
    refused = obstacle() or missing
    with st.container(horizontal=True):
        for action in actions:
            st.button(
                action.label,
                key=action.key,
                icon=action.icon,
                type="primary" if action.is_main else "secondary",
                disabled=bool(refused),
                on_click=_ask,
                args=(action.key,),
            )
    if refused:
        if says_why:
            st.caption(refused)
        return None
    asked = next((action for action in actions if action.key == st.session_state.get(_ASKED)), None)
    return _confirmed(asked, seconds) if asked else None


def _ask(key: str | None) -> None:
    st.session_state[_ASKED] = key


def _confirmed(action: Action, seconds: float) -> tuple[str, str] | None:
    st.warning(action.question, icon=":material/help:")
    st.code(commands.shown(*action.words), language="bash", wrap_lines=True)
    with st.container(horizontal=True):
        is_sure = st.button(action.label, key=f"{action.key}_do", type="primary", icon=":material/check:")
        st.button(t("command.cancel"), key=f"{action.key}_cancel", on_click=_ask, args=(None,))
    if not is_sure:
        return None
    try:
        with st.spinner(t("command.runs"), show_time=True):
            said = commands.run(*action.words, seconds=seconds)
    except commands.CommandFailed as failed:
        st.error(refusals.in_words(str(failed)), icon=":material/error:")
        return None
    _ask(None)
    return action.key, said
