"""Taking turns: one process of an installation sends at a time."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from contextlib import AbstractContextManager

from stores.file_locks import exclusive
from stores.settings import Settings


def delivery_turn(settings: Settings) -> AbstractContextManager[None]:
    """Hold the installation's right to send; a second process waits. The kernel frees it when its holder dies.

    Args:
        settings: the installation; the lock file is `state/delivery.lock`.
    """
    return exclusive(settings.state / "delivery.lock", "Waiting: another process is sending")


def installation(settings: Settings) -> str:
    """Names this data folder on this machine; processes that share the name take turns by `delivery_turn`."""
    return hashlib.sha256(f"{socket.gethostname()}\n{settings.home}".encode()).hexdigest()[:12]


def process() -> str:
    """Names this process within its installation, also after its number was given to another one."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"
