"""The latest runs, read from the file of Dagster's run storage: at once, without the import of Dagster."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.runs.run_presence import is_gone
from stores.errors import UserError
from stores.settings import Settings

UNDER_WAY = ("STARTED", "CANCELING")


@dataclass(frozen=True)
class RunSummary:
    """One run.

    Attributes:
        run_id: Dagster's.
        job: the job's name.
        status: success, failure, started, queued …; killed: it has not ended and its process is gone.
        started_at: business time; None while it waits.
        seconds: how long it took; None until it has ended.
    """

    run_id: str
    job: str
    status: str
    started_at: datetime | None
    seconds: float | None


@dataclass(frozen=True)
class RunCount:
    """How many runs of a job are in a state.

    Attributes:
        job: the job's name.
        status: success, failure, started, queued …
        count: how many.
        last_ended: when the latest of them ended, in seconds since 1970; None while none has.
    """

    job: str
    status: str
    count: int
    last_ended: float | None


def count_runs(settings: Settings) -> list[RunCount]:
    """The whole history, counted; nothing before the first run.

    Raises:
        UserError: the file is damaged or locked for long.
    """
    counted = (
        "select pipeline_name, lower(status), count(*), max(end_time) from runs "
        "group by pipeline_name, status order by pipeline_name, status"
    )
    return [RunCount(*row) for row in _rows(settings, counted, [])]


def has_runs(settings: Settings, statuses: Sequence[str]) -> bool:
    """Whether there is a run in one of these states: a question that costs a sensor next to nothing.

    Args:
        settings: the installation.
        statuses: Dagster's, such as `STARTED`.

    Raises:
        UserError: the file is damaged or locked for long.
    """
    signs = ", ".join("?" * len(statuses))
    return bool(_rows(settings, f"select 1 from runs where status in ({signs}) limit 1", list(statuses)))


def latest_runs(settings: Settings, count: int) -> list[RunSummary]:
    """The latest runs of an installation, newest first; none before the first run.

    Args:
        settings: the installation.
        count: how many at most.

    Raises:
        UserError: the file is damaged or locked for long.
    """
    newest = "select run_id, pipeline_name, status, start_time, end_time from runs order by id desc limit ?"
    rows = _rows(settings, newest, [count])
    zone = ZoneInfo(settings.timezone)
    return [
        RunSummary(
            run_id=run_id,
            job=job,
            status="killed" if status in UNDER_WAY and is_gone(settings, run_id, start or 0) else status.lower(),
            started_at=datetime.fromtimestamp(start, zone) if start else None,
            seconds=end - start if start and end else None,
        )
        for run_id, job, status, start, end in rows
    ]


def _rows(settings: Settings, question: str, values: Sequence[object]) -> list[Any]:
    path = settings.home / "dagster" / "history" / "runs.db"
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute(question, values).fetchall()
    except sqlite3.Error as bad:
        raise UserError(f"The list of runs in {path} cannot be read: {bad}.") from bad
