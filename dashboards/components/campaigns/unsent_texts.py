"""Planned messages that the last look before sending will not let go for their text, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.components import palette, refusals
from dashboards.components.html import escape
from dashboards.components.i18n import is_chinese, number, t
from dashboards.components.reasons import message_channel


def draw(texts: list[dict[str, Any]]) -> None:
    """Say how many there are, by channel and reason; nothing where all may be sent.

    Args:
        texts: as `guanxi campaign preview --json` has them.
    """
    found: Counter[tuple[str, str]] = Counter()
    for one in texts:
        for problem in one["not_allowed"]:
            found[one["channel"], in_words("reason", problem)] += problem["messages"]
    lines = (
        t("engage.plan.not_allowed", count=number(messages), channel=message_channel(channel), reason=why)
        for (channel, why), messages in found.items()
    )
    drawn = "".join(f'<div class="gx-fail" style="--c:{palette.CORAL}">{escape(line)}</div>' for line in lines)
    if drawn:
        st.html(drawn)


def in_words(field: str, row: Mapping[str, Any]) -> str:
    """Why a text is not sent, in the reader's language.

    Args:
        field: the field with the reason as the ledger will have it; with `_zh` and `_en` after it, those in words.
        row: of the command's document.
    """
    mark = "：" if is_chinese() else ": "
    name = str(row[f"{field}_zh" if is_chinese() else f"{field}_en"]).partition(mark)[0]
    detail = str(row[field]).partition(": ")[2]
    return f"{name}{mark}{refusals.detail_in_words(detail)}" if detail else name
