"""One writer of the warehouse at a time: a lock that the kernel frees when its holder dies, however it dies."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stores.file_locks import acquire
from stores.settings import Settings

log = logging.getLogger(__name__)


@dataclass
class _Held:
    """This process's share of one lock file."""

    thread: threading.RLock = field(default_factory=threading.RLock)
    depth: int = 0
    descriptor: int = -1

    def close(self) -> None:
        """Give the lock back, if it is held."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1


_held: dict[Path, _Held] = {}
_held_guard = threading.Lock()


@contextmanager
def writer_lock(settings: Settings) -> Iterator[None]:
    """Hold the right to open the warehouse for writing, or to copy it undisturbed.

    A second process or thread waits (and logs for whom); the same thread may enter again. A killed holder needs no
    cleaning up: the lock is the kernel's, the lock file only names who has it.

    Args:
        settings: the installation; the lock file is `state/warehouse.lock`.
    """
    path = settings.build_state / "warehouse.lock"
    with _held_guard:
        held = _held.setdefault(path, _Held())
    with held.thread:
        if held.depth == 0:
            held.descriptor = _acquire(path, settings)
        held.depth += 1
        try:
            yield
        finally:
            held.depth -= 1
            if held.depth == 0:
                held.close()


def _acquire(path: Path, settings: Settings) -> int:
    waited = False

    def wait() -> None:
        nonlocal waited
        waited = True
        log.info("Waiting for the warehouse: %s is writing", _holder(path))

    descriptor = acquire(path, wait)
    if waited:
        log.info("The warehouse is free, going on")
    try:
        os.ftruncate(descriptor, 0)
        holder = {"pid": os.getpid(), "since": settings.now().isoformat(timespec="seconds")}
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _holder(path: Path) -> str:
    """Who has the lock, in words; the file may be half written at this moment, so its absence is no error."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} (since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _forget_in_child() -> None:
    """A forked child shares the parent's open lock; let go, or a dead parent's lock would live on in the child."""
    global _held_guard
    _held_guard = threading.Lock()
    for held in _held.values():
        held.close()
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
