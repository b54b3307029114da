"""The receiver's server: webhooks in, the page out, answers as receipts."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from standardwebhooks import Webhook as Signature
from standardwebhooks import WebhookVerificationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from endpoints import message_links
from endpoints.receiver.file_drops import FileDrops
from endpoints.receiver.inbox import Inbox
from endpoints.receiver.incoming import Incoming, NotMessages, messages_in
from endpoints.receiver.ledger import look_up
from endpoints.receiver.page import PER_PAGE, POLICY, View, notice, page
from endpoints.receiver.page_words import language_of
from endpoints.receiver.receipts import answer
from endpoints.receiver.senders import Folder, Webhook, Words
from stores.errors import UserError
from stores.message_channels import read_message_channels
from stores.settings import Settings
from stores.settings_files import file_of
from stores.web_guard import WebGuard

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
LARGEST_BODY = 32 << 20
_LARGEST_FORM = 65_536
_BETWEEN_LOOKS = 1.0  # seconds, into the folders of file drops


class _TooLarge(Exception):
    """A body that nobody reads to its end."""


class Receiver:
    """A messaging tool on this machine.

    Args:
        settings: the installation.
        inbox: what came before and what comes.
        sources: the webhooks and folders that messages come by.
        words: how messages may be answered; asked for each time, since a publication may change it.
        tell: told one line for each batch.
        answer_with: the event that every message is answered with at once; None to leave it to people.
    """

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        sources: Sequence[Webhook | Folder],
        words: Callable[[], Words],
        tell: Callable[[str], None] = log.info,
        answer_with: str | None = None,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._sources = sources
        self._words = words
        self._tell = tell
        self._answer_with = answer_with
        self._channels = read_message_channels(settings.project_root)
        self._webhooks = [one for one in sources if isinstance(one, Webhook)]
        folders = [one for one in sources if isinstance(one, Folder)]
        self._drops = FileDrops(settings, inbox, folders, self._channels)
        self._looking = threading.Lock()
        self._token = secrets.token_urlsafe(32)
        self._stopped = threading.Event()

    def application(self) -> Starlette:
        """The web application, behind the wall that keeps other pages out."""
        routes = [
            Route("/", self._show, methods=["GET"]),
            Route("/-/count", self._count, methods=["GET"]),
            Route("/-/answer", self._answer, methods=["POST"]),
            *message_links.routes(self._settings),
            Route("/{path:path}", self._receive, methods=["POST"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(WebGuard, hosts=self._settings.hosts)])

    @contextmanager
    def listening(self, port: int) -> Iterator[int]:
        """Serve while the block runs.

        Args:
            port: on this machine; 0 for any free one.

        Yields:
            The port.

        Raises:
            UserError: the port is taken.
        """
        place = _bound(port)
        config = uvicorn.Config(
            self.application(), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        threads = [
            threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[place])), daemon=True),
            threading.Thread(target=self._watch, daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield place.getsockname()[1]
        finally:
            server.should_exit = True
            self._stopped.set()
            for thread in threads:
                thread.join()
            place.close()

    def look_into_folders(self) -> None:
        """Take what was dropped as files."""
        with self._looking:
            for destination, results, messages in self._drops.look():
                self._taken(destination, results, messages)

    def _watch(self) -> None:
        while not self._stopped.is_set():
            try:
                self.look_into_folders()
            except Exception as failed:  # the next look may go better; the page stays
                log.warning("The folders cannot be looked into: %s: %s", type(failed).__name__, failed)
            self._stopped.wait(_BETWEEN_LOOKS)

    async def _receive(self, request: Request) -> Response:
        """Take a webhook."""
        served = [one for one in self._webhooks if one.path == request.url.path]
        if not served:
            return JSONResponse({"error": "no destination has this address"}, 404)
        try:
            body = await _body(request, LARGEST_BODY)
        except _TooLarge:
            return JSONResponse({"error": "the body is too large"}, 413, {"connection": "close"})
        return await run_in_threadpool(self._take, served, dict(request.headers), body)

    def _take(self, served: Iterable[Webhook], headers: dict[str, str], body: bytes) -> Response:
        for source in served:
            try:
                Signature(source.secret).verify(body, headers, json_parse=False)
            except (WebhookVerificationError, ValueError):  # the latter for headers or a body that are no text
                continue
            return self._keep(source.destination, headers["webhook-id"], body)
        return JSONResponse({"error": "signature refused"}, 401)

    def _keep(self, destination: str, batch_id: str, body: bytes) -> Response:
        known = self._inbox.results_of(destination, batch_id)
        if known is not None:
            return JSONResponse({"results": known})
        try:
            messages = messages_in(json.loads(body), self._channels, self._settings.country)
        except (NotMessages, ValueError, RecursionError):
            return JSONResponse({"error": "not a message"}, 422)
        results = self._inbox.take(destination, batch_id, messages)
        self._taken(destination, results, messages)
        return JSONResponse({"results": results})

    def _taken(self, destination: str, results: Sequence[dict[str, Any]], messages: Sequence[Incoming]) -> None:
        statuses = Counter(result["status"] for result in results)
        channels = Counter(one.channel if one.channel in self._channels else "?" for one in messages)
        told = ", ".join(f"{number} {name}" for name, number in (*channels.items(), *statuses.items()))
        self._tell(f"{self._settings.now():%H:%M:%S} {destination}: {told}")
        if self._answer_with:
            ids = [result["delivery_id"] for result in results if result["status"] != "rejected"]
            answer(self._settings, self._inbox, destination, ids, self._answer_with)

    def _show(self, request: Request) -> Response:
        count, words = self._inbox.count(), self._words()
        asked = request.query_params.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
        number = min(max(number, 1), max(1, -(-count // PER_PAGE)))
        kept = self._inbox.newest(PER_PAGE, (number - 1) * PER_PAGE)
        nonce = secrets.token_urlsafe(16)
        view = View(
            messages=kept,
            known=look_up(self._settings, [one.delivery_id for one in kept]) if kept else {},
            count=count,
            page=number,
            words=words,
            channels=self._channels,
            problems=self._drops.problems(),
            sources=self._sources,
            token=self._token,
            nonce=nonce,
            language=language_of(request.headers.get("accept-language", "")),
        )
        return _html(page(self._settings, view), nonce)

    def _count(self, request: Request) -> Response:
        return JSONResponse({"count": self._inbox.count()})

    async def _answer(self, request: Request) -> Response:
        """Answer a message, for somebody who pressed a button of our own page."""
        language, nonce = language_of(request.headers.get("accept-language", "")), secrets.token_urlsafe(16)
        try:
            form = parse_qs((await _body(request, _LARGEST_FORM)).decode("utf-8", "replace"))
        except (_TooLarge, ValueError):
            return _html(notice(language, nonce, "gone"), nonce, 413)
        said = {name: values[-1] for name, values in form.items()}
        if not hmac.compare_digest(said.get("token", "").encode(), self._token.encode()):
            return _html(notice(language, nonce, "stale"), nonce, 403)
        destination, delivery_id, event = (said.get(name, "") for name in ("destination", "delivery_id", "event"))
        kept = await run_in_threadpool(self._inbox.find, destination, delivery_id)
        words = await run_in_threadpool(self._words)
        if kept is None or not kept.is_taken or event not in words.events:
            return _html(notice(language, nonce, "gone"), nonce, 404)
        await run_in_threadpool(answer, self._settings, self._inbox, destination, [delivery_id], event)
        number = said.get("page", "1")
        where = f"/?page={number if number.isascii() and number.isdigit() else 1}#m-{destination}-{delivery_id}"
        return RedirectResponse(where, 303)


def _bound(port: int) -> socket.socket:
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((HOST, port))
        place.listen(128)
    except OSError as taken:
        place.close()
        raise UserError(
            f"Port {port} is in use by another program, perhaps by another receiver or a demo. Stop it, or choose "
            f"another port: `demo` under [guanxi.ports] in {file_of('guanxi.ports', 'demo')}, where `crm_webhook` then "
            "sends to."
        ) from taken
    return place


async def _body(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        _TooLarge: it has more than `most` bytes; the rest is not read.
    """
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > most:
        raise _TooLarge
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _TooLarge
    return bytes(body)


def _html(text: str, nonce: str, status: int = 200) -> Response:
    headers = {
        "content-security-policy": POLICY.format(nonce=nonce),
        "x-content-type-options": "nosniff",
        # Not `no-referrer`: browsers would then hide the origin of our own forms, too.
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
    }
    return HTMLResponse(text, status, headers)
