"""The stand-in messaging tool: takes signed webhooks, remembers which deliveries came, never a clear identifier.

What it keeps on disk is one line per webhook in `demo/messaging/received.jsonl`: delivery ids, and for the customers
who will answer later, the shop account behind the phone.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from standardwebhooks import Webhook

from stores.duckdb_connection import open_scratch
from stores.key_record import open_keyring
from stores.settings import Settings

DESTINATION = "crm_webhook"


def inbox_path(settings: Settings) -> Path:
    """Where the tool notes what it received."""
    return settings.home / "demo" / "messaging" / "received.jsonl"


def received(settings: Settings) -> Iterator[dict[str, str | None]]:
    """Every delivery that came by webhook: delivery_id, customer_id (shop account or None), received_at (ISO 8601)."""
    path = inbox_path(settings)
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                return  # a line that a dying server did not finish; its sender got no answer and will repeat it
            note = json.loads(line)
            for delivery in note["deliveries"]:
                yield {**delivery, "received_at": note["received_at"]}


def secret_of(settings: Settings) -> str:
    """The webhook's signing secret: the configured one, or the one derived from the keyring as the exporter does."""
    configured = settings.destinations.get(DESTINATION, {}).get("secret")
    if configured:
        return str(configured)
    derived = open_keyring(settings).token("webhook_secret", DESTINATION)
    return "whsec_" + base64.b64encode(derived.encode()).decode()


class Inbox:
    """Verifies and notes webhooks; safe to call from several threads.

    Args:
        settings: whose keyring, data folder and shop accounts.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._webhook = Webhook(secret_of(settings))
        self._path = inbox_path(settings)
        self._lock = threading.Lock()
        self._answers: dict[str, dict[str, Any]] = {}
        self._phones: duckdb.DuckDBPyConnection | None = None
        self._read_back()

    def receive(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """Take a webhook and answer for each message in it.

        A `webhook-id` that came before gets the answer it got then, and nothing is noted twice.

        Returns:
            `{"results": [{"delivery_id", "status": "accepted" | "rejected", "reason"}]}`.

        Raises:
            WebhookVerificationError: no or a wrong signature, or a time more than five minutes away.
            ValueError: signed, but not a message or messages.
        """
        document = self._webhook.verify(body, headers)
        webhook_id = next(value for name, value in headers.items() if name.lower() == "webhook-id")
        messages = _messages(document)
        with self._lock:
            if webhook_id not in self._answers:
                self._answers[webhook_id] = self._note(webhook_id, messages)
            return self._answers[webhook_id]

    def close(self) -> None:
        """Forget the phones."""
        if self._phones is not None:
            self._phones.close()

    def _note(self, webhook_id: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
        accounts = self._accounts({_digits(message) for message in messages})
        results: list[dict[str, str | None]] = []
        deliveries: list[dict[str, str | None]] = []
        for message in messages:
            digits, delivery_id = _digits(message), str(message["delivery_id"])
            if len(digits) < 11:
                results.append({"delivery_id": delivery_id, "status": "rejected", "reason": "invalid_number"})
                continue
            results.append({"delivery_id": delivery_id, "status": "accepted", "reason": None})
            deliveries.append({"delivery_id": delivery_id, "customer_id": accounts.get(digits)})
        note = {
            "webhook_id": webhook_id,
            "received_at": self._settings.now().isoformat(timespec="seconds"),
            "deliveries": deliveries,
            "results": results,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(note, separators=(",", ":")) + "\n")
        return {"results": results}

    def _read_back(self) -> None:
        """Remember the webhooks of an earlier server, and drop a line that it did not finish."""
        if not self._path.exists():
            return
        text = self._path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        for line in whole.decode().splitlines():
            note = json.loads(line)
            self._answers[note["webhook_id"]] = {"results": note["results"]}

    def _accounts(self, digits: set[str]) -> dict[str, str]:
        """Shop accounts by the last 11 digits of their phone, of the people in one webhook."""
        if self._phones is None:
            self._phones = _phone_book(self._settings.landing / "shop")
        rows = self._phones.execute(
            "select phone, min(customer_id) from phones where phone in (select unnest(?)) group by phone",
            [sorted(digits)],
        )
        return dict(rows.fetchall())


def _phone_book(shop: Path) -> duckdb.DuckDBPyConnection:
    """Accounts by phone, in memory only."""
    connection = open_scratch()
    connection.execute("create table phones (phone varchar, customer_id varchar)")
    if any(shop.glob("customers_*.parquet")):
        connection.execute(
            """
            insert into phones
            select
                right(regexp_replace(translate(mobile, '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g'), 11),
                customer_id
            from read_parquet(?)
            where mobile is not null
            """,
            [str(shop / "customers_*.parquet")],
        )
    return connection


def _messages(document: object) -> list[dict[str, Any]]:
    """The messages of a body: `{"messages": […]}`, or one message by itself or under `data`."""
    if isinstance(document, dict):
        listed = document.get("messages") or [document.get("data", document)]
        if isinstance(listed, list) and all(isinstance(entry, dict) and "delivery_id" in entry for entry in listed):
            return listed
    raise ValueError("the body has no messages with a delivery_id")


def _digits(message: dict[str, Any]) -> str:
    """Last 11 digits of the number that a message goes to; empty for none."""
    return "".join(filter(str.isdigit, str(message.get("to", ""))))[-11:]
