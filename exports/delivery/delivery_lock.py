"""Taking turns: one process of an installation sends at a time."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from stores.settings import Settings

log = logging.getLogger(__name__)


@contextmanager
def delivery_turn(settings: Settings) -> Iterator[None]:
    """Hold the installation's right to send; a second process waits. The kernel frees it when its holder dies.

    Args:
        settings: the installation; the lock file is `state/delivery.lock`.
    """
    path = settings.state / "delivery.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("Waiting: another process is sending")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def installation(settings: Settings) -> str:
    """Names this data folder on this machine; processes that share the name take turns by `delivery_turn`."""
    return hashlib.sha256(f"{socket.gethostname()}\n{settings.home}".encode()).hexdigest()[:12]


def process() -> str:
    """Names this process within its installation, also after its number was given to another one."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"
