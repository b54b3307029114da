"""A tool that answers nonsense, too much or too slowly: nothing is taken for granted, and nobody waits for ever."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.destinations.destination import Batch, Message, Status
from exports.destinations.webhook_answer import outcomes
from stores.operations import deliveries, engine, reading
from stores.settings import Settings

PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
BATCH = Batch(
    "b_1",
    datetime(2026, 6, 30).date(),
    tuple(Message(name, "c", 1, 1, "sms", "phone", None, "+8613800000000", {}) for name in ("d_1", "d_2")),
)


def said(*rows: Any) -> bytes:
    return json.dumps({"results": rows}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"ok",
        b"OK\n",
        b"{}",
        b'{"batch_id": "b_1"}',
        b'{"errcode": 0}',
        b'{"code": "0", "msg": "ok"}',
        b'{"success": true, "status": 200, "result": {"id": 1}}',
    ],
)
def test_a_plain_yes_takes_every_message(body: bytes) -> None:
    assert [outcome.status for outcome in outcomes(BATCH, body)] == [Status.ACCEPTED] * 2


@pytest.mark.parametrize(
    "body",
    [
        PAGE,
        b"Bad Gateway",
        b"[]",
        b"null",
        b"true",
        b'"ok"',
        b'{"results": null}',
        b'{"results": {"d_1": "accepted"}}',
        b'{"error": "no"}',
        b'{"errcode": 40014}',
        b'{"success": false}',
        b'{"code": 40001, "msg": "invalid sign"}',
        b'{"Code": "isv.BUSINESS_LIMIT_CONTROL"}',
        b'{"ret": -1}',
        b'{"status": "failed"}',
        b'{"ok": false}',
        b'{"result": "fail"}',
        b'{"StatusCode": 500}',
        b'{"Error": {"Code": "x"}}',
        b'{"code": NaN}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
        None,
        said({"delivery_id": ["d_1"], "status": "accepted"}, "d_2", None, 7),
        said(
            {"delivery_id": "d_1", "status": "accepted"},
            {"delivery_id": "d_1", "status": "rejected"},
            {"delivery_id": "d_2", "status": {"accepted": True}},
        ),
    ],
)
def test_what_is_no_clear_answer_leaves_every_message_unknown(body: bytes | None) -> None:
    assert [outcome.status for outcome in outcomes(BATCH, body)] == [Status.UNKNOWN] * 2


class RawServer:
    """Answers each connection with what it was told to, byte for byte, then stays silent until it is stopped."""

    def __init__(self) -> None:
        self.answers: list[Callable[[socket.socket], None]] = []
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/hook"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                made, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=(made,), daemon=True).start()

    def _answer(self, made: socket.socket) -> None:
        with made, suppress(OSError):
            request = made.recv(65_536)
            while b"webhook-id" in request and not request.endswith(b"}"):
                request += made.recv(65_536)
            self.requests.append(request)
            self.answers.pop(0)(made)

    def stop(self) -> None:
        self.stopped.set()
        self._listening.close()


@pytest.fixture
def raw() -> Iterator[RawServer]:
    server = RawServer()
    yield server
    server.stop()


def whole(body: bytes, headers: bytes = b"") -> Callable[[socket.socket], None]:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%s\r\n" % (len(body), headers)
    return lambda made: made.sendall(head + body)


def endless(first: bytes, piece: bytes, server: RawServer, pause: float) -> Callable[[socket.socket], None]:
    def send(made: socket.socket) -> None:
        made.sendall(first)
        while not server.stopped.wait(pause):
            made.sendall(piece)

    return send


@pytest.fixture
def quick(settings: Settings, raw: RawServer) -> Settings:
    """The installation with the raw server as its tool; a request may take half a second."""
    webhook = settings.destinations["crm_webhook"] | {"url": raw.url, "timeout_seconds": 0.5, "concurrency": 1}
    return settings.model_copy(update={"destinations": {"crm_webhook": webhook}})


def test_a_page_instead_of_an_answer_is_unknown_and_goes_out_again_under_the_same_id(
    quick: Settings, raw: RawServer, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    raw.answers = [whole(PAGE, b"content-type: text/html\r\n"), whole(b"")]
    assert deliver(quick, now).unknown == 1
    assert deliver(quick, now).sent == 1
    ids = [line for request in raw.requests for line in request.split(b"\r\n") if line.startswith(b"webhook-id")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize("kind", ["drips a body", "drips headers", "hints for ever", "floods", "packed"])
def test_an_answer_that_does_not_end_is_unknown_and_keeps_nobody(
    quick: Settings, raw: RawServer, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, kind: str
) -> None:
    publish_plan([row(1)])
    answers = {
        "drips a body": endless(b"HTTP/1.1 200 OK\r\n\r\n", b" ", raw, 0.05),
        "drips headers": endless(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", raw, 0.05),
        "hints for ever": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", raw, 0.05),
        "floods": endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65_536, raw, 0),
        "packed": whole(b"\x1f\x8b" + b"\x00" * 30, b"content-encoding: gzip\r\n"),
    }
    raw.answers = [answers[kind]]
    assert deliver(quick, now).unknown == 1
    raw.answers = [whole(b"{}")]
    assert deliver(quick, now).sent == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_takes_no_number_elsewhere(
    quick: Settings,
    raw: RawServer,
    row: Callable[..., Any],
    publish_plan: Callable[..., Any],
    now: datetime,
    status: int,
) -> None:
    publish_plan([row(1)])
    elsewhere = RawServer()
    head = f"HTTP/1.1 {status} Moved\r\nlocation: {elsewhere.url}\r\ncontent-length: 0\r\n\r\n".encode()
    raw.answers = [lambda made: made.sendall(head)]
    assert deliver(quick, now).sent == 0
    elsewhere.stop()
    assert elsewhere.requests == []
    raw.answers = [whole(b"")]
    assert deliver(quick, now.replace(hour=now.hour + 1)).sent == 1


def test_a_tool_that_repeats_the_number_in_its_reason_leaves_no_number_in_the_ledger(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(7)])

    def refuse(ids: list[str]) -> Any:
        reason = "number 138 0000 0007 (mail a@example.com) is barred " + "x" * 1000
        return 200, {}, {"results": [{"delivery_id": ids[0], "status": "rejected", "reason": reason}]}

    tool.faults = [refuse]
    deliver(settings, now)
    with reading(engine(settings)) as connection:
        reason = connection.execute(select(deliveries.c.reason)).scalar_one()
    assert reason.startswith("number 【手机】 (mail 【邮箱】) is barred")
    assert len(reason) <= 200
