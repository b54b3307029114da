"""Whether a second person must approve the plan of a campaign, why, and who did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.components import html, palette
from dashboards.components.i18n import NOTHING, is_chinese, moment, number, percent, t
from dashboards.queries import published_copy

_SHARE = "audience_share"


def is_missing(preview: dict[str, Any] | None) -> bool:
    """Whether the plan waits for a second person.

    Args:
        preview: as `guanxi campaign preview --json` has it; None where it could not be made.
    """
    return bool(preview and preview["second_approval"] and preview["second_approval"]["is_missing"])


def draw(preview: dict[str, Any]) -> None:
    """Say that the plan needs a second person and which limits it is above, or who approved it.

    Args:
        preview: as `guanxi campaign preview --json` has it.
    """
    found = preview["second_approval"]
    if is_missing(preview):
        said = t("engage.second.needed", above=t("word.and").join(_above(one) for one in found["exceeded"]))
        st.html(f'<div class="gx-fail" style="--c:{palette.CORAL}">{html.escape(said)}</div>')
    elif found and found["approved_by"]:
        zone = ZoneInfo(published_copy.settings().timezone)
        when = moment(datetime.fromisoformat(found["approved_at"]).astimezone(zone))
        st.caption(t("engage.second.given", by=found["approved_by"], when=when))


def _above(one: dict[str, Any]) -> str:
    """A measure with its value and what one person may approve."""
    name = one["name_zh" if is_chinese() else "name_en"]
    return t("engage.second.above", name=name, value=_amount(one, "value"), most=_amount(one, "most"))


def _amount(one: dict[str, Any], which: str) -> str:
    if one[which] is None:
        return NOTHING
    return percent(one[which], 0) if one["measure"] == _SHARE else number(one[which])
