"""What lies in the landing folders, and what of it the channels have read: one short text for each folder."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from stores.atomic_files import write_json
from stores.settings import Settings
from stores.unfinished_files import is_hidden, is_unfinished

# A file that changed within the last seconds may still be growing; it is looked at again later.
SETTLE_SECONDS = 5.0
# What SQLite lays beside a database that somebody writes to.
_BESIDE_DATABASES = ("-wal", "-shm", "-journal")


def folder_signatures(settings: Settings, now: float) -> dict[str, str]:
    """One short text for each channel that files are dropped for, which changes when a settled file of it does.

    Args:
        settings: the installation.
        now: seconds since the epoch.
    """
    landing = settings.landing
    names = {path.name for path in landing.iterdir() if path.is_dir()} if landing.exists() else set()
    names |= {name for name, values in settings.channels.items() if values.get("folder")}
    return {name: signature for name in sorted(names) if (signature := _signature(_folder(settings, name), now))}


def _folder(settings: Settings, name: str) -> Path:
    """Where the files of a channel, or receipts, are dropped: the channel's own `folder`, or `landing/<name>`."""
    own = settings.channels.get(name, {}).get("folder")
    return settings.home / str(own) if own else settings.landing / name


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
    return _signature(_folder(settings, folder), math.inf)


def _signature(folder: Path, now: float) -> str:
    total = hashlib.sha256()
    settled = 0
    for path in sorted(folder.rglob("*")):
        if is_hidden(path.relative_to(folder)) or is_unfinished(path) or path.name.endswith(_BESIDE_DATABASES):
            continue
        if not path.is_file():
            continue
        status = path.stat()
        if now - status.st_mtime < SETTLE_SECONDS:
            continue
        settled += 1
        total.update(f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return total.hexdigest()[:16] if settled else ""


def _notes(settings: Settings) -> Path:
    return settings.state / "landing"
