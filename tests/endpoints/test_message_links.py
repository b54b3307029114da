"""The links of messages are answered: a click leads on, a POST unsubscribes, and whatever else comes is refused."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from endpoints.message_links import routes
from stores.key_record import open_keyring
from stores.links.signed_links import CLICK, UNSUBSCRIBE, LinkSigner, SignedLink
from stores.operations import deliveries, engine, writing
from stores.operations import test_messages as messages_of_tests
from stores.settings import Settings

TARGET = "https://shop.example/a?utm_source=guanxi#b"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation that sent a message."""
    store = engine(settings)
    keyring = open_keyring(settings)
    row = {
        "delivery_id": "d_1", "dedupe_key": "k", "campaign_id": "recall", "campaign_version": 1, "step": 1,
        "customer_id": "c_1", "channel": "email", "destination": "mail_files", "occurrence": "once", "fields": "{}",
        "identifier_type": "email", "identifier_token": keyring.token("email", "a@shop.example"), "template": "recall",
        "purpose": "marketing", "cap_class": "marketing", "priority": 1, "value_score": 1.0, "state": "accepted",
        "publication_id": "p", "as_of": date(2026, 6, 30), "attempts": 1, "planned_at": datetime(2026, 6, 30),
        "updated_at": datetime(2026, 6, 30),
    }  # fmt: skip
    with writing(store) as connection:
        connection.execute(deliveries.insert(), row)
    return settings


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """A browser at the service, which listens on this machine."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    place.listen()
    config = uvicorn.Config(Starlette(routes=routes(settings)), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[place])), daemon=True)
    serving.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{place.getsockname()[1]}", trust_env=False) as browser:
        yield browser
    server.should_exit = True
    serving.join()
    place.close()


@pytest.fixture
def token(settings: Settings) -> Callable[..., str]:
    def make(purpose: str, days: int = 30, delivery_id: str = "d_1") -> str:
        target = TARGET if purpose == CLICK else ""
        expires = settings.now() + timedelta(days=days)
        return LinkSigner(open_keyring(settings)).sign(SignedLink(delivery_id, purpose, target, expires))

    return make


def noted(settings: Settings) -> list[dict[str, Any]]:
    paths = sorted((settings.landing / "receipts").rglob("*.jsonl"))
    assert {path.parent.name for path in paths} <= {"mail_files"}
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def test_a_click_is_noted_and_leads_where_the_link_led(
    settings: Settings, client: httpx.Client, token: Callable[..., str]
) -> None:
    answer = client.get(f"/c/{token(CLICK)}")
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert [(one["delivery_id"], one["event"]) for one in noted(settings)] == [("d_1", "clicked")]
    unknown = client.get(f"/c/{token(CLICK, delivery_id='d_2')}")
    assert unknown.headers["location"] == TARGET, "whoever clicks gets there, noted or not"


def test_a_look_does_not_unsubscribe_and_one_click_does(
    settings: Settings, client: httpx.Client, token: Callable[..., str]
) -> None:
    address = f"/u/{token(UNSUBSCRIBE)}"
    page = client.get(address, headers={"accept-language": "zh-CN"})
    assert (page.status_code, "退订" in page.text, noted(settings)) == (200, True, [])
    answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "You are unsubscribed" in answer.text) == (200, True)
    assert not answer.headers.get("set-cookie")
    assert [(one["delivery_id"], one["event"]) for one in noted(settings)] == [("d_1", "unsubscribed")]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "This is a test message. Nothing was changed."), ("zh-CN", "这是一条测试消息，没有做任何更改。")],
)
def test_the_link_of_a_test_message_says_that_it_changes_nothing(
    settings: Settings, client: httpx.Client, token: Callable[..., str], language: str, said: str
) -> None:
    row = {
        "test_id": "t_1", "campaign_id": "recall", "campaign_version": 1, "step": 1, "channel": "email", "variant": "a",
        "destination": "mail_files", "recipient": "lin_yue", "address_mask": "a***@shop.example", "state": "accepted",
        "list_name": "marketing", "sent_by": "Lin Yue", "sent_at": settings.now(), "digest": "0" * 64,
    }  # fmt: skip
    with writing(engine(settings)) as connection:
        connection.execute(messages_of_tests.insert(), row)
    address = f"/u/{token(UNSUBSCRIBE, delivery_id='t_1')}"
    for method in ("get", "post"):
        answer = client.request(method, address, headers={"accept-language": language})
        assert (answer.status_code, said in answer.text, "<button>" in answer.text) == (200, True, False)
    clicked = client.get(f"/c/{token(CLICK, delivery_id='t_1')}")
    assert (clicked.status_code, clicked.headers["location"]) == (302, TARGET)
    assert noted(settings) == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_old_changed_or_for_something_else_is_refused(
    settings: Settings, client: httpx.Client, token: Callable[..., str], method: str
) -> None:
    right = token(UNSUBSCRIBE)
    for wrong in (token(UNSUBSCRIBE, days=-1), right[:-1] + ("A" if right[-1] != "A" else "B"), token(CLICK), "x"):
        answer = client.request(method, f"/u/{wrong}")
        assert (answer.status_code, "not valid, or too old" in answer.text) == (410, True)
    assert client.get(f"/c/{right}").status_code == 410
    assert noted(settings) == []


def test_an_unsubscription_that_cannot_be_written_down_says_so(client: httpx.Client, token: Callable[..., str]) -> None:
    answer = client.post(f"/u/{token(UNSUBSCRIBE, delivery_id='d_unknown')}")
    assert (answer.status_code, "try again later" in answer.text) == (503, True)


def test_a_right_link_is_not_called_wrong_while_the_keys_cannot_be_read(
    settings: Settings, client: httpx.Client, token: Callable[..., str]
) -> None:
    addresses = [f"/c/{token(CLICK)}", f"/u/{token(UNSUBSCRIBE)}"]
    settings.keyring_path.unlink()
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, "try again later" in answer.text) == (503, True)
