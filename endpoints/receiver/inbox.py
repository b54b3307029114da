"""What the receiver took, kept over a restart: ids and times in clear, what a message says sealed with the keyring.

The file may be deleted when no receiver runs: then the list is empty, and a batch that comes again counts as new.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from endpoints.receiver.incoming import Incoming
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.settings import Settings

_KIND = "received_message"
_TABLES = """
create table if not exists messages (
    destination text not null, delivery_id text not null, received_at text not null, is_taken integer not null,
    sealed text not null, primary key (destination, delivery_id)
);
create table if not exists batches (
    destination text not null, batch_id text not null, results text not null, primary key (destination, batch_id)
);
create table if not exists answers (
    destination text not null, delivery_id text not null, event text not null, occurred_at text not null,
    primary key (destination, delivery_id, event)
);
"""


@dataclass(frozen=True)
class Kept:
    """A message in the inbox.

    Attributes:
        destination: the destination that it came from.
        received_at: when.
        message: what it says; None where it was sealed with another key.
        answers: the events that it was answered with, and when, in their order.
    """

    destination: str
    delivery_id: str
    received_at: datetime
    is_taken: bool
    message: Incoming | None
    answers: tuple[tuple[str, datetime], ...]


class Inbox:
    """The messages of one home; safe to call from several threads.

    Args:
        settings: whose home and keyring.
    """

    def __init__(self, settings: Settings) -> None:
        self._keyring = open_keyring(settings)
        self._now = settings.now
        path = settings.state / "receiver" / "inbox.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        try:
            self._store = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
            self._store.executescript(_TABLES)
        except sqlite3.DatabaseError as bad:
            raise UserError(
                f"The receiver's list {path} cannot be used ({bad}). Delete it: messages and ledger do not need it."
            ) from bad

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def results_of(self, destination: str, batch_id: str) -> list[dict[str, Any]] | None:
        """What a batch was answered when it came first; None for one that never came."""
        with self._lock:
            row = self._store.execute(
                "select results from batches where destination = ? and batch_id = ?", [destination, batch_id]
            ).fetchone()
        return json.loads(row[0]) if row else None

    def take(self, destination: str, batch_id: str, messages: Sequence[Incoming]) -> list[dict[str, Any]]:
        """Keep a batch, and say of each message what became of it. A batch that came before changes nothing.

        Args:
            destination: the destination that it came from.
            batch_id: the sender's id of the batch.
            messages: what is in it.

        Returns:
            For each message `delivery_id`, `status` (accepted, duplicate or rejected) and `reason`.
        """
        with self._writing():
            known = self.results_of(destination, batch_id)
            if known is not None:
                return known
            now = self._now().isoformat(timespec="milliseconds")
            results = [self._take(destination, now, message) for message in messages]
            self._store.execute("insert into batches values (?, ?, ?)", [destination, batch_id, json.dumps(results)])
            return results

    def _take(self, destination: str, now: str, message: Incoming) -> dict[str, Any]:
        added = self._store.execute(
            "insert into messages values (?, ?, ?, ?, ?) on conflict do nothing",
            [
                *(destination, message.delivery_id, now, message.refusal is None),
                self._keyring.seal(_KIND, message.as_json()),
            ],
        ).rowcount
        status = "rejected" if message.refusal else "accepted" if added else "duplicate"
        return {"delivery_id": message.delivery_id, "status": status, "reason": message.refusal}

    def count(self) -> int:
        """How many messages there are."""
        with self._lock:
            return int(self._store.execute("select count(*) from messages").fetchone()[0])

    def newest(self, number: int, skipped: int = 0) -> list[Kept]:
        """Messages, the last to come first.

        Args:
            number: at most this many.
            skipped: how many of the newest to leave out.
        """
        with self._lock:
            rows = self._store.execute(
                "select destination, delivery_id, received_at, is_taken, sealed from messages"
                " order by rowid desc limit ? offset ?",
                [number, skipped],
            ).fetchall()
            return [self._kept(*row) for row in rows]

    def find(self, destination: str, delivery_id: str) -> Kept | None:
        """One message; None where there is none."""
        with self._lock:
            row = self._store.execute(
                "select destination, delivery_id, received_at, is_taken, sealed from messages"
                " where destination = ? and delivery_id = ?",
                [destination, delivery_id],
            ).fetchone()
            return self._kept(*row) if row else None

    def _kept(self, destination: str, delivery_id: str, received_at: str, is_taken: int, sealed: str) -> Kept:
        answers = self._store.execute(
            "select event, occurred_at from answers where destination = ? and delivery_id = ? order by rowid",
            [destination, delivery_id],
        ).fetchall()
        try:
            message = Incoming.of_json(delivery_id, self._keyring.unseal(_KIND, sealed))
        except UserError:
            message = None
        said = tuple((event, datetime.fromisoformat(moment)) for event, moment in answers)
        return Kept(destination, delivery_id, datetime.fromisoformat(received_at), bool(is_taken), message, said)

    @contextmanager
    def answering(self, destination: str, delivery_ids: Iterable[str], event: str) -> Iterator[list[dict[str, str]]]:
        """Answer messages with an event; kept when the block ends without an error.

        Args:
            destination: the destination that they came from.
            delivery_ids: which; one that was not taken, or has this answer already, is left out.
            event: the event.

        Yields:
            The receipts to write: `event_id`, `delivery_id`, `event`, `detail` and `occurred_at`.
        """
        now = self._now().isoformat(timespec="seconds")
        with self._writing():
            receipts = []
            for delivery_id in delivery_ids:
                added = self._store.execute(
                    "insert into answers select destination, delivery_id, ?, ? from messages"
                    " where destination = ? and delivery_id = ? and is_taken on conflict do nothing",
                    [event, now, destination, delivery_id],
                ).rowcount
                if added:
                    receipt = {"event_id": f"receiver-{delivery_id}-{event}", "delivery_id": delivery_id}
                    receipts.append(receipt | {"event": event, "detail": "", "occurred_at": now})
            yield receipts

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._store.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._store.execute("rollback")
                raise
            self._store.execute("commit")
