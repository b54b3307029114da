"""The card that says whether the data is good: last publication, gates, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.components import cards
from dashboards.components.html import escape, facts
from dashboards.components.i18n import day, is_chinese, moment, number, percent, t, term
from dashboards.components.palette import AMBER, CORAL, GREY, JADE
from dashboards.queries import published_copy

_COLOURS = {"passed": JADE, "warned": AMBER, "failed": CORAL}
_SHOWN = 3
_KEYS_SHOWN = 5


def draw() -> None:
    """Draw the card."""
    current = published_copy.publication()
    state = published_copy.gate_state() or {}
    outcome = str(state.get("outcome", "unknown"))
    results: Sequence[dict[str, Any]] = state.get("results") or []
    wrong = [result for result in results if not result.get("success")]
    with cards.card("gates", t("gates.title")):
        colour = _COLOURS.get(outcome, GREY)
        is_later = bool(state) and state.get("run_id") != current.run_id and outcome != "failed"
        if is_later:  # a build under way, or one that never came to publishing
            outcome, colour = "later", GREY
        title = t(f"gates.{outcome}") if is_later or outcome in _COLOURS else t("gates.unknown")
        stopping = [
            result for result in wrong if result.get("severity") == "critical" and not result.get("accepted_by")
        ]
        failing = sum(int(result.get("unexpected_count") or 0) for result in stopping)
        if outcome == "failed" and failing:
            title = t("gates.failed_rows", count=number(failing))
        later = t("gates.later.text", publication=current.publication_id)
        meaning = later if is_later else _meaning(outcome, results, wrong)
        st.html(
            f'<div class="gx-status" style="--c:{colour}"><span class="gx-dot"></span><b>{escape(title)}</b></div>'
            f'<p class="gx-note" style="margin-top:.5rem">{escape(meaning)}</p>'
        )
        pairs = [
            (t("gates.as_of"), day(current.as_of)),
            (t("gates.published_at"), moment(current.published_at)),
            (t("gates.publication"), current.publication_id),
        ]
        if state.get("checked_at"):
            pairs.insert(2, (t("gates.checked_at"), moment(state["checked_at"])))
        st.html(facts(pairs))
        for result in wrong[:_SHOWN]:
            st.html(_failure(result))
        if not wrong:
            _boundaries(results)
        if len(wrong) > _SHOWN:
            with st.expander(t("gates.more", count=number(len(wrong) - _SHOWN))):
                for result in wrong[_SHOWN:]:
                    st.html(_failure(result))


def _boundaries(results: Sequence[dict[str, Any]]) -> None:
    """How many checks were met at each boundary."""
    for boundary in dict.fromkeys(str(result.get("boundary")) for result in results):
        checks = [result for result in results if str(result.get("boundary")) == boundary]
        met = sum(1 for result in checks if result.get("success"))
        aside = t("gates.met", met=number(met), total=number(len(checks)))
        cards.share_line(term("boundary", boundary), aside, met / len(checks), JADE)


def _meaning(outcome: str, results: Sequence[dict[str, Any]], wrong: Sequence[dict[str, Any]]) -> str:
    if outcome not in _COLOURS:
        return t("gates.unknown.text")
    counted = t("gates.counted", total=number(len(results)), wrong=number(len(wrong)))
    return f"{counted}{t(f'gates.{outcome}.text')}"


def _below_home(path: Any) -> str:
    """A path relative to the data folder, so that it is short and tells nothing of the machine."""
    if not path:
        return ""
    home = published_copy.settings().home
    return str(Path(path).relative_to(home) if Path(path).is_relative_to(home) else path)


def _failure(result: dict[str, Any]) -> str:
    described = result.get("description_zh" if is_chinese() else "description_en") or result.get("expectation") or ""
    if result.get("boundary") != "models":  # there the text is the failure itself
        described = t("gates.expected", what=described)
    colour = CORAL if result.get("severity") == "critical" else AMBER
    where = ".".join(str(part) for part in (result.get("table"), result.get("column")) if part)
    share = result.get("unexpected_percent")
    count = t(
        "gates.unexpected",
        count=number(result.get("unexpected_count")),
        share=percent(None if share is None else float(share) / 100, 2),
    )
    kept = _below_home(result.get("failing_rows_path"))
    rows = f"<br>{escape(t('gates.rows', path=kept))}" if kept else ""
    keys = "".join(f"<li>{escape(line)}</li>" for line in (result.get("failing_rows") or [])[:_KEYS_SHOWN])
    examples = f"<details><summary>{escape(t('gates.examples'))}</summary><ul>{keys}</ul></details>" if keys else ""
    return (
        f'<div class="gx-fail" style="--c:{colour}">{escape(described)}'
        f"<small>{escape(where)} · {escape(count)}{rows}{examples}</small></div>"
    )
