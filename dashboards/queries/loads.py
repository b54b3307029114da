"""What channels brought and what of it waits in quarantine, as the command line tells it; kept for a minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards import commands
from dashboards.queries.published_copy import settings
from dashboards.queries.together import together
from dashboards.spreadsheet import csv_file

_COLUMNS = ("channel", "table", "state", "reason", "source_file", "rows", "first_line", "last_seen", "again")


def freshness() -> list[dict[str, Any]]:
    """Every channel with its age and last loads, as `guanxi lake freshness --json` has them.

    Raises:
        CommandFailed: the lake cannot be read.
    """
    return _asked(str(settings().home), "lake", "freshness")


def quarantine() -> list[dict[str, Any]]:
    """The groups of rows in quarantine, as `guanxi quarantine list --json` has them.

    Raises:
        CommandFailed: the lake cannot be read.
    """
    return _asked(str(settings().home), "quarantine", "list")


def read_ahead() -> None:
    """Ask for both at once: each is a command that takes its time."""
    together(freshness, quarantine)


def forget() -> None:
    """Ask again the next time: something was loaded."""
    _asked.clear()


def quarantine_csv(groups: Sequence[dict[str, Any]]) -> bytes:
    """The groups as a CSV file that a spreadsheet opens: UTF-8 with a mark, no cell a formula, no row's own values."""
    return csv_file(_COLUMNS, ([group.get(name) for name in _COLUMNS] for group in groups))


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _asked(home: str, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = commands.ask(*words)
    return found
