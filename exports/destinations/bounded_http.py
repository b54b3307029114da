"""HTTP requests whose answers end: after so many bytes and so much time, whatever the peer does."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

LONGEST_ANSWER = 1_000_000


class TooSlow(httpx.TimeoutException):
    """The whole exchange took longer than it may."""


@dataclass(frozen=True)
class Answer:
    """What a peer answered.

    Attributes:
        status: the HTTP status.
        headers: its headers.
        body: its body; None where it is longer than `LONGEST_ANSWER` or packed though nobody asked for that.
    """

    status: int
    headers: httpx.Headers
    body: bytes | None


class BoundedPoster:
    """Posts requests, each within `seconds` from the first byte to the last; used by several threads at once.

    httpx bounds each single read, so a peer that sends a byte now and then could keep a sender for ever. Here a watch
    cuts the connection. Each thread has one connection of its own, so that the watch knows which one to cut.

    Args:
        seconds: for one whole exchange.
        trust_env: whether proxies of the environment are used.
    """

    def __init__(self, seconds: float, trust_env: bool) -> None:
        self.seconds = seconds
        self.trust_env = trust_env
        self._own = threading.local()
        self._lines: list[_Line] = []

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a request.

        Raises:
            httpx.HTTPError: what happened on the way; `TooSlow` where it took too long.
        """
        line: _Line | None = getattr(self._own, "line", None)
        if line is None:
            line = self._own.line = _Line(self.seconds, self.trust_env)
            self._lines.append(line)
        return line.post(url, content, headers)

    def close(self) -> None:
        """Close every connection."""
        for line in self._lines:
            line.close()


class _Line:
    """One thread's connection."""

    def __init__(self, seconds: float, trust_env: bool) -> None:
        self._seconds = seconds
        self._client = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=min(seconds, 5)),
            limits=httpx.Limits(max_connections=1),
            follow_redirects=False,
            trust_env=trust_env,
        )
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        self._is_cut = False
        watch = threading.Timer(self._seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            answer = self._exchange(url, content, {**headers, "accept-encoding": "identity"})
        except httpx.HTTPError as lost:
            if self._is_cut:
                raise TooSlow("the peer took too long") from lost
            raise
        finally:
            watch.cancel()
        if self._is_cut:
            # A body that ends with the connection looks whole when the connection is cut.
            raise TooSlow("the peer took too long")
        return answer

    def _exchange(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        with self._client.stream(
            "POST", url, content=content, headers=dict(headers), extensions={"trace": self._note}
        ) as response:
            if not response.is_success:
                return Answer(response.status_code, response.headers, b"")
            if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
                return Answer(response.status_code, response.headers, None)
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > LONGEST_ANSWER:
                    return Answer(response.status_code, response.headers, None)
            return Answer(response.status_code, response.headers, bytes(body))

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the connection when it is made: a second handle on it, which outlives the change to TLS."""
        if event != "connection.connect_tcp.complete":
            return
        made = info["return_value"].get_extra_info("socket")
        with self._guard:
            self._forget()
            self._socket = socket.socket(fileno=os.dup(made.fileno()))
        if self._is_cut:
            self._cut()

    def _cut(self) -> None:
        with self._guard:
            self._is_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def close(self) -> None:
        self._client.close()
        with self._guard:
            self._forget()
