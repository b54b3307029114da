"""Whether the process of a run is still there: asked without the import of Dagster."""

from __future__ import annotations

import time
from pathlib import Path

from stores.file_locks import is_held
from stores.settings import Settings

# A run marks itself alive within seconds of its start; one without a mark gets this long before it counts as dead.
_GRACE_SECONDS = 180


def presence_file(settings: Settings, run_id: str) -> Path:
    """The file that a run holds locked while it lives."""
    return settings.state / "runs" / f"{run_id}.alive"


def is_gone(settings: Settings, run_id: str, started: float) -> bool:
    """Whether the process of a run that has not ended is gone: killed, or its machine went down.

    Args:
        settings: the installation.
        run_id: Dagster's.
        started: when the run began, in seconds since 1970.
    """
    path = presence_file(settings, run_id)
    return not is_held(path) and (path.exists() or time.time() - started >= _GRACE_SECONDS)
