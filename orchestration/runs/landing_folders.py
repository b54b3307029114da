"""What lies in the landing folders, and what of it the channels have read: one short text for each folder."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from stores.atomic_files import write_json
from stores.settings import Settings

# A file that changed within the last seconds may still be growing; it is looked at again later.
SETTLE_SECONDS = 5.0
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart", "-wal", "-shm", "-journal")


def folder_signatures(landing: Path, now: float) -> dict[str, str]:
    """One short text for each folder of the landing area, which changes when a settled file in it does.

    Args:
        landing: the landing area.
        now: seconds since the epoch.
    """
    folders = sorted(path for path in landing.iterdir() if path.is_dir()) if landing.exists() else []
    return {folder.name: signature for folder in folders if (signature := _signature(folder, now))}


def note_read(settings: Settings, folder: str, signature: str) -> None:
    """Note that a folder was read as it was, by whatever run: the sensor need not start another one for it.

    Args:
        settings: the installation.
        folder: its name under `landing/`.
        signature: from `signature_of`, taken before it was read.
    """
    if signature:
        write_json(_notes(settings) / f"{folder}.json", {"signature": signature})


def is_read(settings: Settings, folder: str, signature: str) -> bool:
    """Whether a folder was read as it is now."""
    try:
        return signature in (_notes(settings) / f"{folder}.json").read_text(encoding="utf-8")
    except OSError:
        return False


def signature_of(settings: Settings, folder: str) -> str:
    """A folder as it is now, with files that may still be growing: when they do, it gets another signature."""
    return _signature(settings.landing / folder, math.inf)


def _signature(folder: Path, now: float) -> str:
    total = hashlib.sha256()
    settled = 0
    for path in sorted(folder.rglob("*")):
        if path.name.startswith((".", "~")) or path.name.endswith(_UNFINISHED) or not path.is_file():
            continue
        status = path.stat()
        if now - status.st_mtime < SETTLE_SECONDS:
            continue
        settled += 1
        total.update(f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return total.hexdigest()[:16] if settled else ""


def _notes(settings: Settings) -> Path:
    return settings.state / "landing"
