"""Campaigns as the command line tells of them, kept until files, decisions or the publication change; their results."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from sqlalchemy import String, cast, exists, func, select

from dashboards import commands
from dashboards.queries.published_copy import cached, publication, settings
from dashboards.queries.together import together
from serving import campaign_results as questions
from stores import operations
from stores.operations import campaign_approvals, deliveries, delivery_events

channel_results = cached(questions.channel_results)
_DAYS = 90
# What makes up a campaign, below the project's folder.
_FILES = ("exports/campaigns", "exports/templates", "dbt_project/models", "dbt_project/seeds", "dbt_project/macros")


def listed() -> list[dict[str, Any]]:
    """Every campaign: `guanxi campaign list --json`.

    Raises:
        CommandFailed: a file is not right; its text says where.
    """
    found: list[dict[str, Any]] = _told(_form(), "list")
    return found


def read_ahead(asked: str) -> None:
    """Ask for the list and for one campaign's preview at once: each is a command that takes its time.

    Args:
        asked: the campaign that the page will show; empty for the first one.
    """
    files = sorted((settings().project_root / _FILES[0]).glob("*.yml"))
    if chosen := asked or (files[0].stem if files else ""):
        together(listed, lambda: preview(chosen))


def preview(campaign_id: str) -> dict[str, Any]:
    """What the plan would send for one campaign: `guanxi campaign preview --json`.

    Args:
        campaign_id: one of those listed.

    Raises:
        CommandFailed: a file is not right, or the publication has no plan.
    """
    found: dict[str, Any] = _told(_form(), "preview", campaign_id)["campaigns"][0]
    return found


@st.cache_data(max_entries=64, show_spinner=False)
def _told(form: str, *words: str) -> Any:
    return commands.ask("campaign", *words)


def _form() -> str:
    """Changes when a file that makes up a campaign, a decision about one, or the publication changes."""
    current = settings()
    seen = [str(publication().path)]
    for folder in _FILES:
        seen += sorted(_stamps(current.project_root / folder))
    if operations.exists(current):
        columns = (campaign_approvals.c.campaign_id, campaign_approvals.c.decision, campaign_approvals.c.decided_at)
        with operations.reading(operations.engine_to_read(current)) as connection:
            seen += sorted(str(tuple(row)) for row in connection.execute(select(*columns)))
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def _stamps(folder: Path) -> list[str]:
    """Each file below a folder with its time and size."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                about = (Path(place) / name).stat()
            except FileNotFoundError:
                continue  # deleted meanwhile
            found.append(f"{place}/{name} {about.st_mtime_ns} {about.st_size}")
    return found


def by_day(campaign_id: str) -> pd.DataFrame:
    """Messages that left within 90 days, by business day: day, sent, delivered, clicked. Read from the ledger.

    Raises:
        UserError: the operations store cannot be used.
    """
    columns = ["day", "sent", "delivered", "clicked"]
    current = settings()
    if not operations.exists(current):
        return pd.DataFrame(columns=columns)
    d = deliveries.c
    since = operations.utc(current.now()) - timedelta(days=_DAYS)
    zone = ZoneInfo(current.timezone)
    # to the minute: days begin at other minutes than in UTC, in the same way on every database
    minute = func.substr(cast(d.accepted_at, String), 1, 16)
    statement = (
        select(minute, func.count(), _with_event("delivered"), _with_event("clicked"))
        .where(d.campaign_id == campaign_id, d.accepted_at >= since)
        .group_by(minute)
    )
    counts: dict[str, Counter[Any]] = {name: Counter() for name in columns[1:]}
    with operations.reading(operations.engine_to_read(current)) as connection:
        for row in connection.execute(statement):
            moment = datetime.fromisoformat(row[0]).replace(tzinfo=UTC)
            for name, figure in zip(columns[1:], row[1:], strict=True):
                counts[name][moment.astimezone(zone).date()] += figure
    days = sorted(counts["sent"])
    return pd.DataFrame([[day, *(counts[name][day] for name in columns[1:])] for day in days], columns=columns)


def _with_event(event: str) -> Any:
    """How many messages reached a state, or were reported to have."""
    reported = exists().where(
        delivery_events.c.delivery_id == deliveries.c.delivery_id, delivery_events.c.event == event
    )
    return func.count().filter(reported | (deliveries.c.state == event))
