"""Ports of this machine."""

from __future__ import annotations

import socket

LOCALHOST = "127.0.0.1"


def is_taken(port: int) -> bool:
    """Whether a program listens on a port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return True
    return False
