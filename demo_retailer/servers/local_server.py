"""One local HTTP server for the demo: the shop's API and the messaging tool."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import WebhookVerificationError

from demo_retailer.servers.messaging_tool import Inbox
from demo_retailer.servers.shop_api import BadRequestError, ShopApi
from stores.errors import UserError
from stores.settings import Settings
from stores.settings_files import file_of

_LOG = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_SHOP = "/shop/api/"
_WEBHOOK = "/messaging/webhook"
_LARGEST_BODY = 32 * 1024 * 1024
DEFAULT_TOKEN = "demo"  # noqa: S105 - a stand-in on this machine only


@dataclass(frozen=True)
class DemoServer:
    """Addresses of the running stand-ins."""

    port: int

    @property
    def shop_url(self) -> str:
        """Base of the shop API."""
        return f"http://{_HOST}:{self.port}/shop/api"

    @property
    def webhook_url(self) -> str:
        """Where the messaging tool takes webhooks."""
        return f"http://{_HOST}:{self.port}{_WEBHOOK}"


@contextmanager
def serve(settings: Settings, port: int | None = None) -> Iterator[DemoServer]:
    """Serve the shop and the messaging tool on this machine while the block runs.

    Args:
        settings: whose demo world.
        port: TCP port; `settings.ports.demo` by default, 0 for any free one.

    Raises:
        UserError: the port is taken.
    """
    wanted = settings.ports.demo if port is None else port
    shop, inbox = ShopApi(settings.landing / "shop"), Inbox(settings)
    token = str(settings.channels.get("shop", {}).get("token", DEFAULT_TOKEN))

    class Handler(_Handler):
        pass

    Handler.shop, Handler.inbox, Handler.token = shop, inbox, token
    try:
        server = _Server((_HOST, wanted), Handler)
    except OSError as taken:
        raise UserError(
            f"Port {wanted} is in use by another program, so the demo's shop cannot be served. Stop it, or choose "
            f"another port: `demo` under [guanxi.ports] in {file_of('guanxi.ports', 'demo', settings.project_root)}."
        ) from taken
    shop.load()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield DemoServer(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        shop.close()
        inbox.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """Routes requests; the class attributes are set per server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    shop: ShopApi
    inbox: Inbox
    token: str

    def do_GET(self) -> None:
        """Answer a page of the shop API."""
        address = urlsplit(self.path)
        if not address.path.startswith(_SHOP):
            self._answer(404, '{"error": "not found"}')
        elif self.headers.get("Authorization") != f"Bearer {self.token}":
            self._answer(401, '{"error": "wrong or missing token"}')
        else:
            self._page(
                address.path.removeprefix(_SHOP), {name: values[-1] for name, values in parse_qs(address.query).items()}
            )

    def do_POST(self) -> None:
        """Take a webhook."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._answer(413, '{"error": "body missing or too large"}')
            return
        body = self.rfile.read(int(length))
        if urlsplit(self.path).path != _WEBHOOK:
            self._answer(404, '{"error": "not found"}')
            return
        try:
            answer = self.inbox.receive(dict(self.headers.items()), body)
        except WebhookVerificationError:
            self._answer(401, '{"error": "signature refused"}')
        except ValueError:
            self._answer(422, '{"error": "not a message"}')
        else:
            self._answer(200, json.dumps(answer))

    def log_message(self, format: str, *args: object) -> None:
        """Say what was asked, in the log and not on the screen; paths hold no personal data."""
        _LOG.debug(format, *args)

    def _page(self, resource: str, query: dict[str, str]) -> None:
        try:
            page, size = int(query.get("page", "1")), int(query.get("page_size", "500"))
            text = self.shop.page(resource, query.get("updated_since"), page, size)
        except BadRequestError as bad:
            self._answer(404 if resource not in ("customers", "orders") else 400, json.dumps({"error": str(bad)}))
        except ValueError:
            self._answer(400, '{"error": "page and page_size must be whole numbers"}')
        else:
            self._answer(200, text)

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
