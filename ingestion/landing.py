"""The landing folder of a channel of files: what is new, what is known, what is still being written."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.contract import Channel, ChannelSettings, Table
from ingestion.raw import Readable
from stores.settings import Settings

UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart", ".download", ".swp")
_UNFINISHED_PREFIXES = ("~$", ".")

logger = logging.getLogger(__name__)


@dataclass
class Landing:
    """What a look into the folder found.

    Attributes:
        new: files to read, each with the tables that still want it.
        known: number of files that are in the lake already, under this name or another.
        waiting: names of files that are still being written.
        unclaimed: names of files that match the pattern of no table.
        hashes: remembered sha256 by path and file status.
    """

    new: list[tuple[Readable, list[Table]]] = field(default_factory=list)
    known: int = 0
    waiting: list[str] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)


def landing_folder(settings: Settings, channel: Channel) -> Path:
    """Where the channel's files are dropped."""
    own: ChannelSettings = settings.channel(channel.name, channel.settings_model)
    return (settings.home / own.folder) if own.folder else settings.landing / channel.name


def look(settings: Settings, channel: Channel, known: set[tuple[str, str]], memory: Path) -> Landing:
    """Find the files that have to be read.

    A file counts by its content: dropped twice or renamed it is known, touched or late it is what it is. A file that
    was changed within the last `settle_seconds` is looked at again after that time and waits if it has grown.

    Args:
        settings: of this installation.
        channel: a channel of files.
        known: (file id, table) of what the lake has.
        memory: file in which hashes are remembered, so that a quiet run reads no file again.
    """
    own: ChannelSettings = settings.channel(channel.name, channel.settings_model)
    folder = landing_folder(settings, channel)
    found = Landing()
    remembered = _recall(memory)
    candidates = [(path, _status(path)) for path in _files(folder)]
    settled = _settle(candidates, own.settle_seconds)
    seen: set[tuple[str, str]] = set(known)
    for path, status in candidates:
        name = path.relative_to(folder).as_posix()
        tables = [table for table in channel.tables if _holds(path, table.pattern)]
        if path.name.lower().endswith(UNFINISHED_SUFFIXES) or path not in settled:
            found.waiting.append(name)
            continue
        if not tables:
            found.unclaimed.append(name)
            continue
        mark = f"{name}|{status}"
        file_id = remembered.get(mark) or _sha256(path)
        if status != _status(path):
            found.waiting.append(name)
            continue
        found.hashes[mark] = file_id
        wanted = [table for table in tables if (file_id, table.name) not in seen]
        seen.update((file_id, table.name) for table in wanted)
        if wanted:
            found.new.append((Readable(path, name, file_id, path.stat().st_size), wanted))
        else:
            found.known += 1
    _remember(memory, found.hashes)
    return found


def find(settings: Settings, channel: Channel, file_id: str, memory: Path) -> Readable | None:
    """The file of that content if it still lies in the landing folder."""
    folder = landing_folder(settings, channel)
    remembered = _recall(memory)
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if (remembered.get(f"{name}|{_status(path)}") or _sha256(path)) == file_id:
            return Readable(path, name, file_id, path.stat().st_size)
    return None


def unchanged(file: Readable) -> bool:
    """Whether the file still has the size it was hashed with."""
    try:
        return file.path.stat().st_size == file.size
    except FileNotFoundError:
        return False


def _holds(path: Path, pattern: str) -> bool:
    return path.match(pattern) or (path.suffix.lower() == ".gz" and path.with_suffix("").match(pattern))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        hidden = any(part.startswith(_UNFINISHED_PREFIXES) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _settle(candidates: list[tuple[Path, str]], seconds: float) -> set[Path]:
    """The files that nobody is writing: unchanged for so long, or not changing while that time passes."""
    now = time.time()
    fresh = [(path, status) for path, status in candidates if 0 <= now - _changed(path) < seconds]
    if fresh:
        youngest = max(_changed(path) for path, _ in fresh)
        time.sleep(min(max(youngest + seconds - now, 0.0), seconds))
    growing = {path for path, status in fresh if _status(path) != status}
    return {path for path, _ in candidates} - growing


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _status(path: Path) -> str:
    """Changes whenever the content may have changed; unlike mtime alone, ctime cannot be set back."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return ""
    return f"{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}|{status.st_ino}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recall(memory: Path) -> dict[str, str]:
    try:
        return dict(json.loads(memory.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _remember(memory: Path, hashes: dict[str, str]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    draft = memory.with_name(f".{memory.name}.part")
    draft.write_text(json.dumps(hashes, ensure_ascii=False), encoding="utf-8")
    draft.replace(memory)
