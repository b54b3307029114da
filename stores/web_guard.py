"""A web server answers only under its own name, and only its own pages: a wall around any ASGI application.

The Dagster UI and the app have no sign-in and listen on this machine only. A page of somebody else, open in a browser
on this machine, must not reach them all the same: not by a request of its own (Origin, Sec-Fetch-Site), and not by a
name that it lets point to this machine (Host).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_BODY = b"Guanxi answers only under its own name and only its own pages: see `hosts` in docs/security.md.\n"


class WebGuard:
    """The wall: what does not come from the server's own pages gets 403, before the application sees it."""

    def __init__(self, app: Application, hosts: Iterable[str] = ()) -> None:
        """Wrap an application.

        Args:
            app: what to protect.
            hosts: further names, with their port unless it is the usual one, under which browsers reach it.
        """
        self.app = app
        self.hosts = frozenset(host.casefold() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket") or self._is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_BODY)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _BODY})

    def _is_own(self, scope: Scope) -> bool:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").casefold(), []).append(value.decode("latin-1").casefold())
        names = self._names(scope)
        if len(headers.get("host", [])) != 1 or headers["host"][0] not in names:
            return False
        if any(_host_of(origin) not in names for origin in headers.get("origin", [])):
            return False
        if all(site in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])):
            return True
        # A link that somebody follows from elsewhere, such as from an alert; but no question to an interface.
        is_link = headers.get("sec-fetch-mode") == ["navigate"] and scope.get("method") in ("GET", "HEAD")
        return is_link and not scope["path"].rstrip("/").endswith("/graphql")

    def _names(self, scope: Scope) -> frozenset[str]:
        server = scope.get("server")
        port = server[1] if server else None
        local = {f"{name}:{port}" for name in LOCAL_NAMES} if port else set()
        return self.hosts | local | (set(LOCAL_NAMES) if port in (80, 443) else set())


def _host_of(origin: str) -> str:
    """The host and port of an origin, as a Host header says them; empty for `null` and the like."""
    scheme, separator, host = origin.partition("://")
    return host.removesuffix(_DEFAULT_PORTS.get(scheme, "")) if separator and scheme in _DEFAULT_PORTS else ""
