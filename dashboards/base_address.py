"""Tells the app's frontend where its server is, so that a page that is opened by its address asks there at once.

Streamlit's own frontend tries the address of the page as a server first, and logs what it does not find there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse

from stores.web_guard import Application, Receive, Scope, Send

# What would bring the page packed, or not at all because the browser has one without the script.
_LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since")
_HEAD = b"<head>"


class BaseAddress:
    """Writes the server's address into the page: what is in front of the name of an app's page, behind a proxy too."""

    def __init__(self, app: Application, pages: Iterable[str]) -> None:
        """Wrap an application.

        Args:
            app: Streamlit's.
            pages: the names that its pages have in the address.
        """
        self.app = app
        names = json.dumps(f"(?:{'|'.join(map(re.escape, pages))})/*$")
        self._script = (
            "<script>window.__streamlit = {BACKEND_BASE_URL: location.origin + "
            f'location.pathname.replace(new RegExp({names}), "")}}</script>'
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a page gets the script."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _asks_for_a_page(scope):
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _LEFT_OUT]
        start: dict[str, object] = {}
        body = b""

        async def keep(message: dict[str, object]) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            part = message.get("body", b"")
            assert isinstance(part, bytes)
            body += part
            if message.get("more_body"):
                return
            given = start["headers"]
            assert isinstance(given, Iterable)
            whole = body.replace(_HEAD, _HEAD + self._script, 1)
            kept = [(name, value) for name, value in given if name.lower() not in (b"content-length", b"etag")]
            await send({**start, "headers": [*kept, (b"content-length", str(len(whole)).encode())]})
            await send({"type": "http.response.body", "body": whole})

        await self.app({**scope, "headers": headers}, receive, keep)  # type: ignore[arg-type]  # a copy of a scope is one


def first_page(request: Request) -> RedirectResponse:
    """From the name of the first page to where it is: Streamlit knows it under no name. What was chosen stays."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


def _asks_for_a_page(scope: Scope) -> bool:
    asked = next((value for name, value in scope["headers"] if name.lower() == b"accept"), b"")
    return b"text/html" in asked
