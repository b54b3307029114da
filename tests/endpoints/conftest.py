"""A receiver that listens, and a sender that signs as the exporter does."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook as Signature

from endpoints.receiver import Folder, Inbox, Receiver, Webhook, Words
from stores.settings import Settings

SECRET = "whsec_" + "QSBzZWNyZXQgb2YgdGhlIHRlc3RzLCBsb25n"
WORDS = Words(
    ("delivered", "opened", "unsubscribed"),
    {"delivered": ("已送达消息", "Message delivered"), "unsubscribed": ("退订消息", "Unsubscribed")},
    {"accepted": ("对方已接收", "Accepted")},
)


@dataclass
class Running:
    """A receiver that listens.

    Attributes:
        url: its address.
        receiver: itself.
        client: asks it, in English.
        told: what it said on the terminal.
    """

    url: str
    receiver: Receiver
    client: httpx.Client
    told: list[str] = field(default_factory=list)

    def post(self, body: Any, batch_id: str = "batch-1", **changes: Any) -> httpx.Response:
        """Send a body as the exporter does; `secret`, `moment` and `path` may be other ones."""
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        moment = changes.get("moment", datetime.now(UTC))
        headers = {
            "webhook-id": batch_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Signature(changes.get("secret", SECRET)).sign(batch_id, moment, text),
        }
        return self.client.post(changes.get("path", "/hook"), content=text.encode(), headers=headers)

    def page(self, number: int = 1, language: str = "en") -> str:
        """The page."""
        return self.client.get("/", params={"page": number}, headers={"accept-language": language}).text


@pytest.fixture
def folder(settings: Settings) -> Path:
    """Where a file drop puts its files."""
    made = settings.outbox / "files"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def start(settings: Settings, folder: Path) -> Callable[..., Any]:
    """Start a receiver of this installation; it stops when the block ends."""

    @contextmanager
    def started(**options: Any) -> Iterator[Running]:
        inbox = Inbox(settings)
        told: list[str] = []
        sources = options.pop("sources", [Webhook("crm", "/hook", SECRET), Folder("files", folder)])
        receiver = Receiver(settings, inbox, sources, options.pop("words", lambda: WORDS), told.append, **options)
        with receiver.listening(0) as port:
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
                yield Running(url, receiver, client, told)
        inbox.close()

    return started


@pytest.fixture
def running(start: Callable[..., Any]) -> Iterator[Running]:
    """A receiver that listens."""
    with start() as one:
        yield one


@pytest.fixture
def message() -> Callable[..., dict[str, Any]]:
    """A message as the exporter sends it."""

    def make(
        delivery_id: str = "d_1", to: str = "+8613800000001", text: str = "你好", **changes: Any
    ) -> dict[str, Any]:
        said = {"campaign_id": "recall", "campaign_version": 2, "step": 1, "channel": "sms", "variant": "b"}
        return {"delivery_id": delivery_id, "to": to, "content": {"text": text, "parts": 1}} | said | changes

    return make
