"""The page, its buttons, and who may press them."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from endpoints.receiver.page_words import WORDS, language_of
from stores.settings import Settings

HOSTILE = "<script>alert(1)</script>\"'&<b>"


def receipts(settings: Settings, destination: str = "crm") -> list[dict[str, Any]]:
    folder = settings.landing / "receipts" / destination
    return [json.loads(line) for path in sorted(folder.glob("*")) for line in path.read_text().splitlines()]


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def form(page: str, event: str = "delivered", **changes: str) -> dict[str, str]:
    return {"token": token_of(page), "destination": "crm", "delivery_id": "d_1", "event": event} | changes


@pytest.fixture
def taken(running: Any, message: Callable[..., Any]) -> Any:
    """A receiver with one message."""
    running.post({"messages": [message()]})
    return running


def test_an_empty_page_says_what_to_do_in_the_language_of_the_browser(running: Any, settings: Settings) -> None:
    page = running.page()
    assert "No message has come yet" in page
    assert f"guanxi run --home {settings.home}" in page
    chinese = running.page(language="zh-CN,zh;q=0.9,en;q=0.8")
    assert '<html lang="zh-CN">' in chinese
    assert "还没有收到消息" in chinese


def test_a_message_shows_what_the_customer_reads_newest_first(running: Any, message: Callable[..., Any]) -> None:
    running.post({"messages": [message("d_1", text="first")]}, "b1")
    mail = {"title": "A title", "body": "line 1\nline 2"}
    running.post({"messages": [message("d_2", "li@example.com", channel="email", content=mail)]}, "b2")
    page = running.page()
    for shown in ("recall", "step 1", "variant b", "version 2", "138****0001", "l***@example.com", "E-mail", "SMS"):
        assert shown in page, shown
    assert page.index("<b>A title</b>line 1\nline 2") < page.index(">first<")
    assert "短信" in running.page(language="zh")


def test_a_hostile_text_is_shown_as_text(running: Any, message: Callable[..., Any]) -> None:
    hostile = {"title": HOSTILE, "body": HOSTILE}
    body = {
        "messages": [message(HOSTILE, HOSTILE, channel=HOSTILE, campaign_id=HOSTILE, variant=HOSTILE, content=hostile)]
    }
    assert running.post(body).status_code == 200
    answer = running.client.get("/")
    assert "alert(1)" in answer.text
    assert "<script>alert" not in answer.text
    assert "'&<b>" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    (nonce,) = set(re.findall(r"nonce-([\w-]+)", policy))
    assert answer.text.count("<script") == answer.text.count(f'<script nonce="{nonce}"') == 1


def test_half_a_character_breaks_neither_the_list_nor_the_page(running: Any, message: Callable[..., Any]) -> None:
    odd = message("d_1", text="before \ud800\x00 after", variant="\udfff")
    body = json.dumps({"messages": [odd, message("d_\ud800")]})
    assert running.post(body).status_code == 200
    page = running.page()
    assert page.count("<article") == 2
    assert "before ?" in page


def test_a_button_writes_a_whole_receipt_file_once(taken: Any, settings: Settings) -> None:
    page = taken.page()
    assert 'value="delivered">Message delivered</button>' in page
    assert 'value="opened">opened</button>' in page
    answer = taken.client.post("/-/answer", data=form(page))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?page=1#m-crm-d_1")
    taken.client.post("/-/answer", data=form(page))
    (receipt,) = receipts(settings)
    assert (receipt["delivery_id"], receipt["event"]) == ("d_1", "delivered")
    assert datetime.fromisoformat(receipt["occurred_at"]) <= datetime.now(UTC)
    after = taken.page()
    assert 'value="delivered">' not in after
    assert "guanxi receipts" in after
    taken.client.post("/-/answer", data=form(page, "unsubscribed"))
    assert {one["event"] for one in receipts(settings)} == {"delivered", "unsubscribed"}


@pytest.mark.parametrize(
    ("headers", "changes", "status"),
    [
        ({"origin": "https://evil.example"}, {}, 403),
        ({"origin": "null"}, {}, 403),
        ({"sec-fetch-site": "cross-site"}, {}, 403),
        ({"host": "evil.example"}, {}, 403),
        ({}, {"token": "another"}, 403),
        ({}, {"token": ""}, 403),
        ({}, {"event": "shredded"}, 404),
        ({}, {"delivery_id": "d_9"}, 404),
        ({}, {"destination": "files"}, 404),
        ({}, {"event": "x" * 70_000}, 413),
    ],
)
def test_nobody_else_presses_a_button(
    taken: Any, settings: Settings, headers: dict[str, str], changes: dict[str, str], status: int
) -> None:
    answer = taken.client.post("/-/answer", data=form(taken.page()) | changes, headers=headers)
    assert answer.status_code == status
    assert receipts(settings) == []


def test_a_foreign_page_sees_nothing(taken: Any) -> None:
    assert taken.client.get("/", headers={"host": "evil.example"}).status_code == 403
    assert taken.client.get("/-/count", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_refused_message_has_no_buttons(running: Any, message: Callable[..., Any]) -> None:
    running.post({"messages": [message(to="12")]})
    page = running.page()
    assert "not a valid address" in page
    assert "<button" not in page


def test_the_list_is_paged_and_survives_a_restart(start: Callable[..., Any], message: Callable[..., Any]) -> None:
    with start() as first:
        first.post({"messages": [message(f"d_{number}", text=f"number {number}.") for number in range(65)]})
        first.client.post("/-/answer", data=form(first.page(3), delivery_id="d_0"))
    with start() as second:
        assert second.page().count("<article") == 30
        assert "number 64." in second.page()
        assert second.page(3).count("<article") == 5
        assert "Page 3 of 3" in second.page(3)
        assert "○ Message delivered" in second.page(3)
        assert "Page 3 of 3" in second.page(99)
        for odd in ("0", "-1", "two", "٣"):
            assert second.client.get("/", params={"page": odd}).status_code == 200


def test_everything_is_answered_at_once_where_that_was_asked_for(
    start: Callable[..., Any], settings: Settings, message: Callable[..., Any]
) -> None:
    with start(answer_with="delivered") as running:
        running.post({"messages": [message("d_1"), message("d_2"), message("d_3", to="12")]})
    assert [(one["delivery_id"], one["event"]) for one in receipts(settings)] == [
        ("d_1", "delivered"),
        ("d_2", "delivered"),
    ]


def test_a_message_of_another_key_is_not_shown_and_stops_nothing(
    start: Callable[..., Any], settings: Settings, message: Callable[..., Any]
) -> None:
    with start() as running:
        running.post({"messages": [message()]})
    with closing(sqlite3.connect(settings.state / "receiver" / "inbox.db")) as store:
        store.execute("update messages set sealed = 'k1.AAAA'")
        store.commit()
    with start() as running:
        assert "Sealed with another key" in running.page()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("de-DE,de;q=0.9", "en"), ("zh-TW", "zh"), ("en-GB,zh;q=0.8", "en"), ("de,zh;q=0.5,en;q=0.4", "zh"),
     ("zh;q=0,en;q=0.1", "en"), ("zh;q=x", "en")],
)  # fmt: skip
def test_the_language_is_the_one_that_the_browser_prefers(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_both_languages_have_every_word() -> None:
    english, chinese = (WORDS[language] for language in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", chinese[name])) or name == "count_one", name
