"""Journeys as the command line tells of them, and their figures out of the publication."""

from __future__ import annotations

from typing import Any

from dashboards.queries import campaigns
from dashboards.queries.published_copy import cached, settings
from dashboards.queries.together import together
from serving import rules
from serving.journeys import figures, runs
from serving.published_copy import PublishedCopy, TableMissing
from stores.reason_texts import Reasons

counts = cached(figures.counts)
funnel = cached(figures.funnel)
ends = cached(figures.ends)
tasks = cached(figures.tasks)
runs_of = cached(runs.runs_of)


def _names(published: PublishedCopy) -> figures.JourneyNames:
    """Codes stand for themselves in a publication of before the journeys."""
    try:
        return figures.names(published)
    except TableMissing:
        return figures.JourneyNames({}, {})


def _titles(published: PublishedCopy) -> dict[str, tuple[str, str]]:
    try:
        return figures.titles(published)
    except TableMissing:
        return {}


names = cached(_names)
titles = cached(_titles)


def _reasons(published: PublishedCopy) -> Reasons:
    return rules.names(published).reasons


reasons = cached(_reasons)


def listed() -> list[dict[str, Any]]:
    """Every journey: `guanxi journey list --json`.

    Raises:
        CommandFailed: a file is not right; its text says where.
    """
    found: list[dict[str, Any]] = campaigns.told("journey", "list")
    return found


def read_ahead(asked: str) -> None:
    """Ask for the list and for one journey's preview at once.

    Args:
        asked: the journey that the page will show; empty for the first one.
    """
    files = sorted((settings().project_root / "exports" / "journeys").glob("*.yml"))
    if chosen := asked or (files[0].stem if files else ""):
        together(listed, lambda: campaigns.preview(chosen))
