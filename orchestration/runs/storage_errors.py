"""A disk that is full or a folder that cannot be written: told apart from defects, and said in one line."""

from __future__ import annotations

import errno
import os
import re
import shutil

from stores.settings import Settings

_FULL = re.compile(
    r"no space left on device|disk quota exceeded|database or disk is full|file too large|disk full|"
    r"could not write .* bytes", re.IGNORECASE
)  # fmt: skip
_CLOSED = re.compile(
    r"read-only file system|readonly database|read-only database|permission denied|not a directory|"
    r"unable to open database file|disk i/o error|input/output error|operation not permitted", re.IGNORECASE
)  # fmt: skip
_NEARLY_NOTHING = 20_000_000
_FULL_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED_NUMBERS = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EIO}


def storage_problem(error: BaseException, home: object) -> str | None:
    """What an exception says about the disk, in one line for the reader; None when it is about something else.

    Args:
        error: the exception; what caused it is looked at too.
        home: the data folder.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        number = current.errno if isinstance(current, OSError) else None
        place = str(current.filename) if isinstance(current, OSError) and current.filename else str(home)
        if number in _FULL_NUMBERS:
            return _full(place)
        if number in _CLOSED_NUMBERS:
            return _closed(place, os.strerror(number or 0))
        text = f"{type(current).__name__}: {current}"
        if _about_storage(current):
            found = storage_problem_in(text, home)
            if found:
                return found
        current = current.__cause__ or current.__context__
    return None


def storage_problem_in(text: str, home: object) -> str | None:
    """The same for an error of which only the text is left, as of a step of a run."""
    # SQLite calls a full disk an I/O error too.
    if _FULL.search(text) or ("i/o error" in text.casefold() and _free_bytes(home) < _NEARLY_NOTHING):
        return _full(str(home))
    closed = _CLOSED.search(text)
    return _closed(str(home), closed.group().lower()) if closed else None


def _free_bytes(home: object) -> int:
    try:
        return shutil.disk_usage(str(home)).free
    except OSError:
        return _NEARLY_NOTHING


def _about_storage(error: BaseException) -> bool:
    """Whether an exception is of a kind that storage raises: databases wrap what the system said."""
    return type(error).__module__.partition(".")[0] in ("sqlite3", "sqlalchemy", "duckdb", "_duckdb", "pyarrow")


def _full(place: str) -> str:
    return (
        f"The disk is full: {place} cannot be written. Nothing that was written halfway counts; free some space and "
        "run again."
    )


def _closed(place: str, why: str) -> str:
    return f"{place} cannot be written or read: {why}. Correct its permissions, or choose another data folder (`home`)."


def check_home(settings: Settings) -> None:
    """Make the data folder and try to write into it.

    Raises:
        OSError: as the system says.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    probe = settings.home / f".writable.{os.getpid()}"
    try:
        probe.write_bytes(b"guanxi")
    finally:
        probe.unlink(missing_ok=True)
