"""What answers in quarantine withhold: a customer's messages, or planned messages of a campaign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from dashboards.commands import CommandFailed
from dashboards.components import palette, refusals
from dashboards.components.html import escape
from dashboards.components.i18n import number, t, term
from dashboards.components.reasons import message_channel
from dashboards.queries import withheld


def from_customer(customer_id: str) -> None:
    """Say which message channels do not reach a customer, and for which channel's answer; nothing where none is held.

    Args:
        customer_id: a customer of today.
    """
    try:
        found = withheld.of_customer(customer_id)
    except CommandFailed as failed:
        _say([f"{t('quarantine.unknown')} · {refusals.in_words(str(failed))}"])
        return
    _say(
        t(f"withheld.customer.{one.reason}", channel=message_channel(one.channel), source=term("channel", one.source))
        for one in found
    )


def from_campaign(preview: dict[str, Any]) -> None:
    """Say how many planned messages are withheld, by channel and whose answer it is.

    Args:
        preview: as `guanxi campaign preview --json` has it.
    """
    if why := preview["withheld_unknown"]:
        _say([f"{t('quarantine.unknown')} · {refusals.in_words(why)}"])
    _say(
        t(
            f"withheld.campaign.{one['reason']}",
            count=number(one["messages"]),
            channel=message_channel(one["channel"]),
            source=term("channel", one["source"]),
        )
        for one in preview["withheld"]
    )


def _say(lines: Iterable[str]) -> None:
    drawn = "".join(f'<div class="gx-fail" style="--c:{palette.AMBER}">{escape(line)}</div>' for line in lines)
    if drawn:
        st.html(drawn)
