"""Webhooks that the receiver takes and refuses, over real HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from endpoints.receiver import Webhook
from stores.settings import Settings

OTHER = "whsec_" + "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3Rz"


def statuses(answer: Any) -> dict[str, tuple[str, str | None]]:
    assert answer.status_code == 200
    return {one["delivery_id"]: (one["status"], one["reason"]) for one in answer.json()["results"]}


def test_a_signed_batch_is_answered_message_by_message_and_told_in_one_line(
    running: Any, message: Callable[..., Any]
) -> None:
    answer = running.post(
        {
            "messages": [
                message("good"),
                message("bad", to="12"),
                message("mail", to="li@example.com", channel="email", content={"title": "T", "body": "B"}),
                message("nowhere", to=""),
                message("silent", text=" "),
            ]
        }
    )
    assert statuses(answer) == {
        "good": ("accepted", None),
        "bad": ("rejected", "invalid_address"),
        "mail": ("accepted", None),
        "nowhere": ("rejected", "no_address"),
        "silent": ("rejected", "no_content"),
    }
    (line,) = running.told
    assert "crm: 4 sms, 1 email, 2 accepted, 3 rejected" in line


def test_a_wrong_signature_or_an_old_one_or_none_is_refused_and_nothing_is_kept(
    running: Any, message: Callable[..., Any]
) -> None:
    body = {"messages": [message()]}
    assert running.post(body, secret=OTHER).status_code == 401
    assert running.post(body, moment=datetime.now(UTC) - timedelta(minutes=6)).status_code == 401
    assert running.client.post("/hook", json=body).status_code == 401
    odd = {"webhook-id": "x", "webhook-timestamp": str(int(datetime.now(UTC).timestamp())), "webhook-signature": "v1"}
    assert running.client.post("/hook", json=body, headers=odd).status_code == 401
    assert running.client.get("/-/count").json() == {"count": 0}
    assert running.told == []


def test_a_repeated_webhook_gets_the_same_answer_and_shows_once_also_after_a_restart(
    start: Callable[..., Any], message: Callable[..., Any]
) -> None:
    body = {"messages": [message("d_1"), message("d_2", to="12")]}
    with start() as first:
        answer = first.post(body).json()
        assert first.post(body).json() == answer
        assert len(first.told) == 1
    with start() as second:
        assert second.post(body).json() == answer
        assert second.client.get("/-/count").json() == {"count": 2}
        assert second.told == []
        assert statuses(second.post(body, batch_id="another"))["d_1"] == ("duplicate", None)
        assert second.client.get("/-/count").json() == {"count": 2}


@pytest.mark.parametrize("body", ["[]", "{}", '{"messages": []}', '{"messages": [{"to": "1"}]}', "no json", "[" * 9000])
def test_what_is_signed_but_no_message_is_refused(running: Any, body: str) -> None:
    assert running.post(body).status_code == 422
    assert running.client.get("/-/count").json() == {"count": 0}


def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(running: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("endpoints.receiver.server.LARGEST_BODY", 1_000)
    assert running.post("x" * 2_000).status_code == 413
    assert running.client.post("/hook", content=(b"x" * 500 for _ in range(4))).status_code == 413


def test_only_addresses_that_a_destination_has_are_served_each_with_its_own_secret(
    start: Callable[..., Any], message: Callable[..., Any]
) -> None:
    sources = [Webhook("one", "/hook", OTHER), Webhook("two", "/two", OTHER), Webhook("three", "/two", "whsec_QUJD")]
    with start(sources=sources) as running:
        body = {"messages": [message()]}
        assert running.post(body, path="/elsewhere", secret=OTHER).status_code == 404
        assert running.post(body, path="/two", secret=OTHER).status_code == 200
        assert running.post(body, path="/two", secret="whsec_QUJD").status_code == 200
        assert running.post(body, path="/two").status_code == 401
        assert [line.split(" ")[1] for line in running.told] == ["two:", "three:"]


def test_no_clear_address_and_no_text_is_in_any_file(
    settings: Settings, start: Callable[..., Any], message: Callable[..., Any]
) -> None:
    with start(answer_with="delivered") as running:
        running.post({"messages": [message(to="+8613812345678", text="秘密 zanzibar")]})
        page = running.page()
        assert "138****5678" in page
        assert "秘密 zanzibar" in page
        assert "13812345678" not in page
    found = [path for path in settings.home.rglob("*") if path.is_file() and path.parent.name != "keys"]
    assert any(path.name == "inbox.db" for path in found)
    for path in found:
        data = path.read_bytes()
        assert b"13812345678" not in data, path
        assert b"zanzibar" not in data, path
