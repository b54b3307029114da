"""`/c/<token>` and `/u/<token>` under the address that `[guanxi.links] base_url` names.

Mail programs and scanners fetch links by themselves. So a GET of the link to unsubscribe shows a page with a button,
and only the POST unsubscribes, without a cookie, a form's value or a redirect (RFC 8058). The links of a test message
change nothing, and say so.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from html import escape

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from endpoints.message_links.noted_events import NotNoted, is_of_test, note
from endpoints.receiver.page_words import language_of
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.links.signed_links import CLICK, LETTERS, UNSUBSCRIBE, LinkRefused, LinkSigner, SignedLink
from stores.settings import Settings, load_settings

log = logging.getLogger(__name__)

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_WORDS = {
    "zh": {
        "ask": "确定不再接收这类消息吗？",
        "button": "退订",
        "done": "已退订，您不会再收到这类消息。",
        "test": "这是一条测试消息，没有做任何更改。",
        "refused": "此链接无效或已过期。",
        "failed": "暂时无法处理，请稍后再试。",
    },
    "en": {
        "ask": "Stop getting these messages?",
        "button": "Unsubscribe",
        "done": "You are unsubscribed and get no more of these messages.",
        "test": "This is a test message. Nothing was changed.",
        "refused": "This link is not valid, or too old.",
        "failed": "This cannot be done right now. Please try again later.",
    },
}


def routes(settings: Settings) -> list[Route]:
    """The routes for the links of an installation.

    Args:
        settings: whose keys sign them, and whose landing folder takes what happened.
    """
    service = _Service(settings)
    click, unsubscribe = (f"/{LETTERS[purpose]}/{{token}}" for purpose in (CLICK, UNSUBSCRIBE))
    return [
        Route(click, _refusing(service.click), methods=["GET"]),
        Route(unsubscribe, _refusing(service.ask), methods=["GET"]),
        Route(unsubscribe, _refusing(service.unsubscribe), methods=["POST"]),
    ]


def application() -> Starlette:
    """The service for the installation that the settings name."""
    return Starlette(routes=routes(load_settings()))


class _Service:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def click(self, request: Request) -> Response:
        """Note a click and lead on; whatever happens to the note, the customer gets where they want to go."""
        link = await self._read(request, CLICK)
        if await self._is_test(link):
            return RedirectResponse(link.target, 302, _HEADERS)
        try:
            await run_in_threadpool(note, self._settings, link.delivery_id, "clicked")
        except NotNoted as lost:
            log.warning("A click of message %s is not noted: %s", link.delivery_id, lost)
        return RedirectResponse(link.target, 302, _HEADERS)

    async def ask(self, request: Request) -> Response:
        """Show the button to unsubscribe; nothing happens yet."""
        if await self._is_test(await self._read(request, UNSUBSCRIBE)):
            return _page(request, "test", 200)
        return _page(request, "ask", 200, has_button=True)

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe, and say so only once it is written down."""
        link = await self._read(request, UNSUBSCRIBE)
        if await self._is_test(link):
            return _page(request, "test", 200)
        try:
            await run_in_threadpool(note, self._settings, link.delivery_id, "unsubscribed")
        except NotNoted as lost:
            log.error("The unsubscription of message %s is not noted: %s", link.delivery_id, lost)
            return _page(request, "failed", 503)
        return _page(request, "done", 200)

    async def _read(self, request: Request, purpose: str) -> SignedLink:
        """What the token of a request says.

        Raises:
            LinkRefused: it is none that counts.
            UserError: the keys of the installation cannot be read.
        """
        return await run_in_threadpool(self._checked, request.path_params["token"], purpose)

    async def _is_test(self, link: SignedLink) -> bool:
        """Whether the link stood in a test message, which counts nowhere."""
        return await run_in_threadpool(is_of_test, self._settings, link.delivery_id)

    def _checked(self, token: str, purpose: str) -> SignedLink:
        return LinkSigner(open_keyring(self._settings)).read(token, purpose, self._settings.now())


def _refusing(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """With a page for a link that is refused, and another one where no link can be checked."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except LinkRefused:
            return _page(request, "refused", 410)
        except UserError as bad:
            log.error("No link can be checked: %s", bad)
            return _page(request, "failed", 503)

    return answered


def _page(request: Request, word: str, status: int, has_button: bool = False) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    words = _WORDS[language]
    button = f'<form method="post"><button>{escape(words["button"])}</button></form>' if has_button else ""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    text = (
        f'<!DOCTYPE html><html lang="{language}"><head>{head}<title>{escape(words["button"])}</title>'
        f"</head><body><p>{escape(words[word])}</p>{button}</body></html>"
    )
    return HTMLResponse(text, status, _HEADERS)
