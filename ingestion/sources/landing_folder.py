"""The landing folder of a channel of files: what is new, what is known, what is still being written."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.contract.channel import Channel, ChannelSettings
from ingestion.contract.table import Table
from ingestion.readers.parsed_file import Readable
from stores.atomic_files import write_json
from stores.redaction.text_redaction import LONGEST_REASON, redact
from stores.settings import Settings
from stores.unfinished_files import is_hidden, is_unfinished

_PLAIN_ENDING = re.compile(r"[.][A-Za-z0-9]+")
_UNPLAIN = re.compile(r"[*?\[\]{}\\\x00-\x1f\x7f\ud800-\udfff]")

logger = logging.getLogger(__name__)

CANNOT_OPEN = "it cannot be"
"""How the reason begins why a file that is one cannot be read."""


@dataclass
class Landing:
    """What a look into the folder found.

    Attributes:
        new: files to read, each with the tables that still want it.
        known: number of files that are in the lake already, under this name or another.
        repeated: names of those among them that were dropped since the last look.
        waiting: names of files that are still being written.
        unclaimed: names of files that match the pattern of no table.
        refused: names of what cannot be read as it lies there (a link, a pipe, no permission), each with the reason.
        hashes: remembered sha256 by path and file status.
    """

    new: list[tuple[Readable, list[Table]]] = field(default_factory=list)
    known: int = 0
    repeated: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


def landing_folder(settings: Settings, channel: Channel) -> Path:
    """Where the channel's files are dropped."""
    own: ChannelSettings = settings.channel(channel.name, channel.settings_model)
    return (settings.home / own.folder) if own.folder else settings.landing / channel.name


def scan_landing(settings: Settings, channel: Channel, known: set[tuple[str, str]], memory: Path) -> Landing:
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
    aliases = _Aliases(memory.with_name("names"))
    entries = list(landed_entries(folder))
    for path, why in entries:
        if why and (path.is_symlink() or not path.is_dir() or tables_for(channel, path)):
            found.refused[shown_name(path.relative_to(folder))] = why
    candidates = [(path, _status(path)) for path, why in entries if not why]
    settled = _settle(candidates, own.settle_seconds)
    seen: set[tuple[str, str]] = set(known)
    for path, status in candidates:
        name = shown_name(path.relative_to(folder))
        tables = tables_for(channel, path)
        if is_unfinished(path) or path not in settled:
            found.waiting.append(name)
            continue
        if not tables:
            found.unclaimed.append(name)
            continue
        mark = _mark(folder, path, status)
        try:
            file_id = remembered.get(mark) or _sha256(path)
        except OSError as bad:
            found.refused[name] = f"{CANNOT_OPEN} opened: {bad.strerror}"
            continue
        if status != _status(path):
            found.waiting.append(name)
            continue
        found.hashes[mark] = file_id
        wanted = [table for table in tables if (file_id, table.name) not in seen]
        seen.update((file_id, table.name) for table in wanted)
        if wanted:
            found.new.append((Readable(aliases.of(path, file_id), name, file_id, path.stat().st_size), wanted))
        else:
            found.known += 1
            found.repeated += [] if mark in remembered else [name]
    for name, why in found.refused.items():
        logger.warning("%s: %s is not read: %s", channel.name, name, why)
    _remember(memory, found.hashes)
    return found


def files_by_content(settings: Settings, channel: Channel, memory: Path) -> dict[str, list[Path]]:
    """The files that lie in the landing folder now, by file id."""
    found: dict[str, list[Path]] = {}
    for path, file_id in _contents(landing_folder(settings, channel), memory):
        found.setdefault(file_id, []).append(path)
    return found


def find(settings: Settings, channel: Channel, file_id: str, memory: Path) -> Readable | None:
    """The file of that content if it still lies in the landing folder."""
    folder = landing_folder(settings, channel)
    for path, content in _contents(folder, memory):
        if content == file_id:
            alias = _Aliases(memory.with_name("names")).of(path, file_id)
            return Readable(alias, shown_name(path.relative_to(folder)), file_id, path.stat().st_size)
    return None


def _contents(folder: Path, memory: Path) -> Iterator[tuple[Path, str]]:
    """The files of a folder with their ids, which are remembered where they did not change."""
    remembered = _recall(memory)
    for path, why in landed_entries(folder):
        if not why:
            yield path, remembered.get(_mark(folder, path, _status(path))) or _sha256(path)


def unchanged(file: Readable) -> bool:
    """Whether the file still has the size it was hashed with."""
    try:
        return file.path.stat().st_size == file.size
    except FileNotFoundError:
        return False


def _mark(folder: Path, path: Path, status: str) -> str:
    """The path's own name and status, as a digest: what people see of it may be the same for two files."""
    return f"{hashlib.sha256(os.fsencode(path.relative_to(folder))).hexdigest()}|{status}"


def shown_name(path: Path) -> str:
    """A path for people: names in GBK are read as such, numbers of people are redacted, nothing steers a terminal."""
    raw = os.fsencode(path.as_posix())
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        name = raw.decode("ascii", "backslashreplace")
    name = redact(name, limit=LONGEST_REASON)
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name)


class _Aliases:
    """Names under which readers open files whose own names they cannot take.

    DuckDB takes brackets and asterisks in a path for a pattern, which may match another file, and no bytes that are not
    UTF-8.

    Args:
        folder: where links with plain names are made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, path: Path, file_id: str) -> Path:
        """The path itself where its name is plain, else a link to it."""
        if not _UNPLAIN.search(str(path)):
            return path
        self._folder.mkdir(parents=True, exist_ok=True)
        ending = path.suffix if _PLAIN_ENDING.fullmatch(path.suffix) else ""
        alias = self._folder / f"{file_id}{ending}"
        alias.unlink(missing_ok=True)
        alias.symlink_to(path.absolute())
        return alias


def tables_for(channel: Channel, path: Path) -> list[Table]:
    """The tables whose pattern a file matches."""
    return [table for table in channel.tables if _holds(path, table.pattern)]


def _holds(path: Path, pattern: str) -> bool:
    """Whether a pattern matches, whatever the letter case; `.gz` may follow."""
    low = Path(str(path).lower())
    pattern = pattern.lower()
    return low.match(pattern) or (low.suffix == ".gz" and low.with_suffix("").match(pattern))


def landed_entries(folder: Path) -> Iterator[tuple[Path, str]]:
    """What lies in a landing folder and below, each with the reason why it cannot be read, empty for files."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if not is_hidden(path.relative_to(folder)):
            yield path, _why_no_file(path)


def _why_no_file(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except OSError as bad:
        return f"{CANNOT_OPEN} looked at: {bad.strerror}"
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISLNK(mode):
        return "it is a link, and links are not followed; put the file itself here"
    if stat.S_ISDIR(mode):
        return "it is a folder that is named like a file; what lies in it is read"
    return "it is no file but a pipe, a socket or a device"


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
    except OSError:
        return 0.0


def _status(path: Path) -> str:
    """Changes whenever the content may have changed; unlike mtime alone, ctime cannot be set back."""
    try:
        status = path.stat()
    except OSError:
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
    write_json(memory, hashes)
