"""File locks that the kernel frees when their holder dies, however it dies: the one way to take turns.

Not the library `filelock`: it asks again and again while it waits, where the kernel wakes a waiter at once and in turn.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def exclusive(path: Path, waiting: str) -> Iterator[None]:
    """Hold a lock file; wait, and say so, while another process or thread holds it.

    Args:
        path: the lock file, made when missing and left behind.
        waiting: what is logged for whoever has to wait.
    """
    descriptor = acquire(path, lambda: log.info("%s", waiting))
    try:
        yield
    finally:
        os.close(descriptor)


def acquire(path: Path, wait: Callable[[], None] = lambda: None) -> int:
    """Take a lock file, waiting for it.

    Args:
        path: the lock file, made when missing.
        wait: called once before a wait.

    Returns:
        The descriptor that holds the lock until it is closed or the process ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def exclusive_or_not(path: Path) -> Iterator[bool]:
    """Hold a lock file while the block runs, where nobody else holds it; says whether.

    Args:
        path: the lock file, made when missing and left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
