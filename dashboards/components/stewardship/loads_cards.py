"""Two cards about what channels bring: how fresh it is, and what of it waits in quarantine."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.commands import CommandFailed
from dashboards.components import cards, command_buttons, empty_states, palette, refusals
from dashboards.components.command_buttons import Action
from dashboards.components.html import Signed, escape, table
from dashboards.components.i18n import NOTHING, is_chinese, moment, number, t, term
from dashboards.components.reasons import message_channel
from dashboards.queries import loads
from stores.quarantine_reasons import in_chinese

_SHOWN = 20
_REPLAY_SECONDS = 1800.0


def freshness() -> None:
    """Draw when each channel last brought something, how much, and whether that is late."""
    with cards.card("freshness", t("fresh.title"), t("fresh.note"), stretch=False):
        try:
            found = loads.freshness()
        except CommandFailed as failed:
            empty_states.empty(t("fresh.unknown"), refusals.in_words(str(failed)))
            return
        if not found:
            empty_states.empty(t("state.no_rows"))
            return
        header = [t(f"fresh.{name}") for name in ("channel", "state", "last", "age", "expected", "rows", "before")]
        table(header, [_fresh_line(one) for one in found], left=3)
        for one in found:
            for name, asked in one["undelivered_consents"].items():
                channels = t("word.and").join(message_channel(channel) for channel in asked)
                said = t("fresh.no_consents", channel=term("channel", one["channel"]), table=name, channels=channels)
                st.warning(said, icon=":material/do_not_disturb_on:")


def _fresh_line(one: dict[str, Any]) -> list[Any]:
    counts = [number(load["rows"]) for load in one["loads"]]
    state = t(f"fresh.state.{one['state']}")
    return [
        term("channel", one["channel"]),
        # A channel that nobody has used yet is no fault.
        state if one["state"] == "never" else Signed(state, one["state"] == "fresh"),
        moment(one["loads"][0]["loaded_at"]) if counts else NOTHING,
        NOTHING if one["age_hours"] is None else _hours(one["age_hours"]),
        t("fresh.within", time=_hours(one["expected_hours"])),
        counts[0] if counts else NOTHING,
        " · ".join(counts[1:]) or NOTHING,
    ]


def _hours(hours: float) -> str:
    if hours >= 72:
        return t("fresh.days", count=number(hours / 24))
    return t("fresh.hours", count=number(hours, 0 if hours >= 10 or hours == int(hours) else 1))


def quarantine() -> None:
    """Draw what is in quarantine, its download, and a replay for each channel of which something waits."""
    with cards.card("quarantine", t("quarantine.title"), t("quarantine.note"), stretch=False):
        if said := st.session_state.pop("replayed", None):
            st.success(said, icon=":material/replay:")
        try:
            groups = [one | {"reason": _reason(one["reason"])} for one in loads.quarantine()]
        except CommandFailed as failed:
            empty_states.empty(t("quarantine.unknown"), refusals.in_words(str(failed)))
            return
        if not groups:
            empty_states.empty(t("quarantine.none"), t("quarantine.none.text"))
            return
        waiting: dict[str, int] = {}
        for group in groups:
            if group["state"] == "waiting":
                waiting[group["channel"]] = waiting.get(group["channel"], 0) + group["rows"]
        st.caption(t("quarantine.count", rows=number(sum(waiting.values())), groups=number(len(groups))))
        st.html("".join(_group(group) for group in groups[:_SHOWN]))
        if len(groups) > _SHOWN:
            st.caption(t("quarantine.first", shown=number(_SHOWN), total=number(len(groups))))
        st.download_button(
            t("quarantine.download"),
            loads.quarantine_csv(groups),
            file_name="guanxi_quarantine.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if waiting:
            _replay(waiting)


def _reason(told: str) -> str:
    """Why, in the reader's language: the lake keeps the English sentence."""
    return in_chinese(told) if is_chinese() else told


def _group(group: dict[str, Any]) -> str:
    where = f"{term('channel', group['channel'])} · {group['table']} · {group['source_file']}"
    line = t("quarantine.line", line=number(group["first_line"])) if group["first_line"] else ""
    again = t("quarantine.again", count=number(group["again"])) if group["again"] else ""
    rows = t("quarantine.rows", count=number(group["rows"]))
    more = " · ".join(part for part in (rows, line, moment(group["last_seen"]), again) if part)
    colour = palette.AMBER if group["state"] == "waiting" else palette.GREY
    return (
        f'<div class="gx-fail" style="--c:{colour}">{escape(term("quarantine_state", group["state"]))} · '
        f"{escape(group['reason'])}<small>{escape(where)}<br>{escape(more)}</small></div>"
    )


def _replay(waiting: dict[str, int]) -> None:
    st.caption(t("quarantine.replay.note"))
    done = command_buttons.draw(
        [
            Action(
                f"replay_{channel}",
                t("quarantine.replay", channel=term("channel", channel), rows=number(rows)),
                t("quarantine.replay.ask", channel=term("channel", channel)),
                ("quarantine", "replay", "--", channel),
                ":material/replay:",
            )
            for channel, rows in waiting.items()
        ],
        seconds=_REPLAY_SECONDS,
    )
    if not done:
        return
    channel = done[0].removeprefix("replay_")
    loads.forget()
    left = sum(one["rows"] for one in loads.quarantine() if (one["channel"], one["state"]) == (channel, "waiting"))
    st.session_state["replayed"] = t(
        "quarantine.replayed",
        channel=term("channel", channel),
        loaded=number(max(waiting[channel] - left, 0)),
        left=number(left),
    )
    st.rerun()
