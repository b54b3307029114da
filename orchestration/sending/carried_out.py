"""Which publication's campaign plan was carried out last, by whatever run: it need not be started again."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import func, select

from stores import operations
from stores.atomic_files import write_json
from stores.settings import Settings


def note_carried_out(settings: Settings, publication_id: str) -> None:
    """Note that a plan was gone through. Dying before this costs one more look, and no message goes out twice.

    Args:
        settings: the installation.
        publication_id: whose plan.
    """
    write_json(_path(settings), {"publication_id": publication_id})


def was_carried_out(settings: Settings, publication_id: str) -> bool:
    """Whether it was the last plan that was gone through."""
    try:
        kept = json.loads(_path(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(kept == {"publication_id": publication_id})


def plans_approved(settings: Settings, publication_id: str) -> int:
    """How many plans of a publication a second person approved: each lets messages go that waited before.

    Raises:
        StoreLost: the operations store is missing, another one, or an older copy.
    """
    s = operations.second_approvals.c
    counted = select(func.count()).where(s.publication_id == publication_id)
    with operations.reading(operations.engine_to_read(settings)) as connection:
        return int(connection.scalar(counted) or 0)


def _path(settings: Settings) -> Path:
    return settings.state / "carried_out.json"
