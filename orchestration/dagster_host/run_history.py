"""The latest runs, read from the file of Dagster's run storage: at once, without the import of Dagster."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from orchestration.runs.run_presence import is_gone
from stores.errors import UserError
from stores.settings import Settings

_UNDER_WAY = ("STARTED", "CANCELING")


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


def latest_runs(settings: Settings, count: int) -> list[RunSummary]:
    """The latest runs of an installation, newest first; none before the first run.

    Args:
        settings: the installation.
        count: how many at most.

    Raises:
        UserError: the file is damaged or locked for long.
    """
    path = settings.home / "dagster" / "history" / "runs.db"
    if not path.exists():
        return []
    newest = "select run_id, pipeline_name, status, start_time, end_time from runs order by id desc limit ?"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            rows = connection.execute(newest, [count]).fetchall()
    except sqlite3.Error as bad:
        raise UserError(f"The list of runs in {path} cannot be read: {bad}.") from bad
    zone = ZoneInfo(settings.timezone)
    return [
        RunSummary(
            run_id=run_id,
            job=job,
            status="killed" if status in _UNDER_WAY and is_gone(settings, run_id, start or 0) else status.lower(),
            started_at=datetime.fromtimestamp(start, zone) if start else None,
            seconds=end - start if start and end else None,
        )
        for run_id, job, status, start, end in rows
    ]
