"""Files and folders that are either the old or the new version, whatever happens to the process or the machine."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stores.errors import UserError

_FROM_WORKING_FOLDER = {"linux": -100, "darwin": -2}  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_NOT_SUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Replace a file atomically and durably: readers see the old file or the new one, never a part.

    Args:
        path: the file to replace; its folder is made when missing.

    Yields:
        Where the new file is to be written. It takes its place when the block ends; after an error nothing changes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        yield draft
        put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def put_in_place(draft: Path, path: Path) -> None:
    """Let a file that is written, or a folder where none is yet, take its name at once and durably."""
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Replace a JSON file atomically and durably.

    Args:
        path: the file to replace; its folder is made when missing.
        document: what to write; values without a JSON form (dates, paths) are written as text.
    """
    with replacing(path) as draft, draft.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1, default=str)


def put_whole(source: Path, target: Path) -> None:
    """Let `target` appear at once with the content of `source`, on disk before it shows; `source` stays."""
    with replacing(target) as draft:
        link_or_copy(source, draft)


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Give a file a second name, or copy it where the disk has no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def exchange(one: Path, other: Path) -> None:
    """Let two folders of one disk take each other's place, both at once.

    Raises:
        UserError: this system or disk cannot do that.
    """
    library = ctypes.CDLL(None, use_errno=True)
    rename = getattr(library, "renameatx_np" if sys.platform == "darwin" else "renameat2", None)
    here = _FROM_WORKING_FOLDER.get(sys.platform)
    failed = (
        -1 if rename is None or here is None else rename(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE)
    )
    problem = ctypes.get_errno() if rename is not None and here is not None else errno.ENOSYS
    if failed and problem in _NOT_SUPPORTED:
        raise UserError(f"The disk of {other} cannot exchange two folders at once. Nothing was changed.")
    if failed:
        raise OSError(problem, os.strerror(problem), str(other))
    for folder in {one.parent, other.parent}:
        sync(folder)


def sync(path: Path) -> None:
    """Ask the operating system to put a file or a folder's list of names on the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
