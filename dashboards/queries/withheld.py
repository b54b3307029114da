"""What answers in quarantine withhold from customers, as the command line tells it; kept until a load comes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards import commands
from dashboards.queries import customers
from dashboards.queries.published_copy import publication, settings
from serving.withheld import NOT_READ, REFUSED
from stores.lake.layout import CONTRACT, LOADS, channel_of, datasets


@dataclass(frozen=True, order=True)
class Withheld:
    """Why messages over a channel do not go to a customer.

    Attributes:
        channel: the message channel.
        source: the channel whose answer is in quarantine.
        reason: `no_consent` or `consents_not_read`.
    """

    channel: str
    source: str
    reason: str


def of_customer(customer_id: str) -> list[Withheld]:
    """What withholds messages to a customer: a row in quarantine, or a whole file of a channel that knows them.

    Args:
        customer_id: a customer of today.

    Raises:
        CommandFailed: the lake cannot be read.
    """
    if not _has_quarantine():
        return []
    told = _told(form())
    found = {
        Withheld(one["channel"], one["source"], REFUSED)
        for one in told["customers"]
        if one["customer_id"] == customer_id
    }
    if told["files"]:
        known_in = set(customers.channels(customer_id)["channel"])
        found |= {
            Withheld(channel, one["source"], NOT_READ)
            for one in told["files"]
            if one["source"] in known_in
            for channel in one["channels"]
        }
    return sorted(found)


def form() -> str:
    """Changes when a channel has a load more or less, or the publication changes."""
    loads = [(channel_of(folder), folder / LOADS) for folder in datasets(settings().lake)]
    seen = [(name, place.stat().st_mtime_ns) for name, place in loads if place.is_dir()]
    return hashlib.sha256(repr((str(publication().path), sorted(seen))).encode()).hexdigest()


def _has_quarantine() -> bool:
    """Whether anything ever went there: a command takes its time, and most installations need none."""
    return any(
        not file.name.startswith(CONTRACT)
        for folder in datasets(settings().lake)
        for file in (folder / "quarantine").glob("*.parquet")
    )


@st.cache_data(max_entries=4, show_spinner=False)
def _told(seen: str) -> dict[str, Any]:
    found: dict[str, Any] = commands.ask("quarantine", "refusals")
    return found
