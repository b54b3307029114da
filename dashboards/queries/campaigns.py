"""Campaigns as the command line tells of them, kept until files, decisions or the publication change; their results."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import func, select

from dashboards import commands
from dashboards.queries import withheld
from dashboards.queries.published_copy import cached, settings
from dashboards.queries.together import together
from serving import campaign_results as questions
from serving.campaigns import costs
from serving.campaigns import fatigue as answers_to_many
from stores import operations
from stores.operations import campaign_approvals, deliveries, second_approvals, test_messages

channel_results = cached(questions.channel_results)
fatigue = cached(answers_to_many.fatigue)
returns = cached(costs.campaign_returns)
cost_lines = cached(costs.cost_lines)
_sent_by_day = cached(questions.sent_by_day)
_messages_left = cached(questions.messages_left)
_DAYS = 90
_TESTS = 20
# What makes up a campaign, below the project's folder.
_FILES = (
    "exports/campaigns", "exports/journeys", "exports/templates", "dbt_project/models", "dbt_project/seeds",
    "dbt_project/macros",
)  # fmt: skip


def listed() -> list[dict[str, Any]]:
    """Every campaign: `guanxi campaign list --json`.

    Raises:
        CommandFailed: a file is not right; its text says where.
    """
    found: list[dict[str, Any]] = told("campaign", "list")
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
    """What the plan would send for one campaign or journey: `guanxi campaign preview --json`.

    Args:
        campaign_id: the campaign or journey.

    Raises:
        CommandFailed: a file is not right, or the publication has no plan.
    """
    found = told("campaign", "preview", campaign_id)
    return {**found["campaigns"][0], **{key: found[key] for key in ("publication_id", "withheld_unknown")}}


def experiment(campaign_id: str) -> dict[str, Any]:
    """A campaign or journey read as an experiment: `guanxi experiment read --json`.

    Args:
        campaign_id: the campaign or journey.

    Raises:
        CommandFailed: nobody was assigned yet, or nothing is published.
    """
    found: dict[str, Any] = told("experiment", "read", campaign_id)
    return found


def told(*words: str) -> Any:
    """What a command about campaigns or journeys says, kept until something that it looks at changes.

    Raises:
        CommandFailed: it refused.
    """
    return _told(_form(), *words)


@st.cache_data(max_entries=64, show_spinner=False)
def _told(form: str, *words: str) -> Any:
    return commands.ask(*words)


def _form() -> str:
    """Changes with a file that makes up a campaign, a decision about one, the publication, and with each load."""
    current = settings()
    seen = [withheld.form()]
    for folder in _FILES:
        seen += sorted(_stamps(current.project_root / folder))
    if operations.exists(current):
        approved, second = campaign_approvals.c, second_approvals.c
        with operations.reading(operations.engine_to_read(current)) as connection:
            for columns in (
                (approved.campaign_id, approved.decision, approved.decided_at),
                (second.campaign_id, second.publication_id, second.approved_at),
            ):
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


def sent_by_day(campaign_id: str) -> pd.DataFrame:
    """Messages that left within 90 days of the publication, by business day: day, sent, delivered, clicked."""
    return _sent_by_day(campaign_id, _DAYS)


def latest_tests(campaign_id: str) -> list[dict[str, Any]]:
    """The latest test messages of a campaign or journey, newest first; none where the operations store is lost."""
    current = settings()
    asked = select(test_messages).where(test_messages.c.campaign_id == campaign_id)
    newest = asked.order_by(test_messages.c.sent_at.desc(), test_messages.c.test_id).limit(_TESTS)
    try:
        with operations.reading(operations.engine_to_read(current)) as connection:
            return [dict(row) for row in connection.execute(newest).mappings()]
    except operations.StoreLost:
        return []


def left_since(campaign_id: str) -> int:
    """How many messages have left since the publication was made: the ledger knows them, the models not yet.

    Raises:
        UserError: the operations store cannot be used.
    """
    current = settings()
    if not operations.exists(current):
        return 0
    left = select(func.count(deliveries.c.accepted_at)).where(deliveries.c.campaign_id == campaign_id)
    with operations.reading(operations.engine_to_read(current)) as connection:
        return max(int(connection.scalar(left) or 0) - _messages_left(campaign_id), 0)
