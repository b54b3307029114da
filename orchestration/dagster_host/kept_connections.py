"""Connections to Dagster's SQLite files that are kept: a new one for each statement takes ten times as long."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine, event

_BUSY_SECONDS = 60


@cache
def kept_engine(url: str) -> Engine:
    """The one engine of this process for a file.

    Args:
        url: as SQLAlchemy writes it.
    """
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _relax(raw: Any, _record: Any) -> None:
        # In write-ahead mode this loses nothing when a process dies; a power cut may lose a run's last log lines.
        raw.execute("pragma synchronous = normal")

    return engine
