"""The timeline of a customer: what happened in every channel, newest first, by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import streamlit as st

from dashboards.components import address
from dashboards.components.customer_timeline import order_lines
from dashboards.components.empty_states import empty
from dashboards.components.html import escape
from dashboards.components.i18n import catalogue, day_and_time, is_chinese, language, month, number, t, term
from dashboards.components.money import money
from dashboards.components.palette import CHANNELS, GREY
from serving.published_copy import Row

_FIRST = 25


def draw(happened: pd.DataFrame, lines: Mapping[str, Sequence[Row]], key: str) -> None:
    """Draw filter and list.

    Args:
        happened: interaction_id, channel, kind, title_zh, title_en, detail_zh, detail_en, amount,
            occurred_at, newest first.
        lines: of purchases, by interaction_id.
        key: for the widgets; another customer starts with no filter.
    """
    if happened.empty:
        empty(t("timeline.empty"), t("timeline.empty.text"))
        return
    counts = happened["channel"].value_counts()
    chosen = address.several(
        t("timeline.channels"),
        list(counts.index),
        key=f"timeline_channels_{key}",
        name="channels",
        format_func=lambda code: f"{term('channel', code)} {counts[code]}",
        label_visibility="collapsed",
    )
    shown = happened[happened["channel"].isin(chosen)] if chosen else happened
    everything = len(shown) <= _FIRST or st.session_state.get(f"timeline_all_{key}", False)
    kept = shown if everything else shown.head(_FIRST)
    refunds = happened[happened["kind"] == "refund"].set_index("interaction_id")["amount"].to_dict()
    parts = []
    for first, rows in groupby(kept.itertuples(), key=lambda row: row.occurred_at.date().replace(day=1)):
        parts.append(f'<div class="gx-day">{escape(month(first))}</div>')
        parts.extend(
            _event(row, lines.get(row.interaction_id, ()), refunds.get(f"{row.interaction_id}:refund")) for row in rows
        )
    st.html("".join(parts))
    if not everything:
        st.button(
            t("timeline.more", count=number(len(shown) - _FIRST)),
            on_click=lambda: st.session_state.update({f"timeline_all_{key}": True}),
            key=f"timeline_more_{key}",
            width="stretch",
        )


def _event(row: Any, lines: Sequence[Row], refund: Any) -> str:
    colour = CHANNELS.get(row.channel, GREY)
    mark = catalogue(language()).get(f"channel_mark.{row.channel}", str(row.channel)[:1].upper())
    detail = _detail(row.detail_zh if is_chinese() else row.detail_en)
    below = " · ".join(part for part in (term("channel", row.channel), detail) if part)
    amount = "" if pd.isna(row.amount) else f"<b>{escape(money(row.amount))}</b>"
    return (
        f'<div class="gx-event" style="--c:{colour}"><div class="gx-icon">{escape(mark)}</div>'
        f'<div class="what">{escape(_title(row))}<small>{escape(below)}</small></div>'
        f'<div class="when">{amount}{escape(day_and_time(row.occurred_at))}</div>'
        f"{order_lines.details(lines, refund) if lines else ''}</div>"
    )


def _title(row: Any) -> str:
    """What the seed of titles calls the kind of event; without that, the app's word for it, or the kind itself."""
    return _plain(row.title_zh if is_chinese() else row.title_en) or term("event", row.kind)


def _detail(value: Any) -> str:
    """The detail with its leading code in words and, of an address, only what is behind the host."""
    detail = _plain(value)
    if detail.startswith(("http://", "https://")):
        address = urlsplit(detail)
        return unquote(address.path + (f"?{address.query}" if address.query else ""))
    code, space, rest = detail.partition(" ")
    return catalogue(language()).get(f"detail.{code}", code) + space + rest


def _plain(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
