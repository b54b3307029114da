"""The operations store as pages read it; looking never makes one."""

from __future__ import annotations

from stores import operations
from stores.settings import Settings


def exists(current: Settings) -> bool:
    """Whether there is a store to read; one that is lost counts, so that reading it says so."""
    return bool(
        current.operations_url or (current.home / "operations").exists() or (current.lake / operations.RECORD).exists()
    )
