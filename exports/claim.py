"""Claiming: the last look at every message, and the promise that only this process sends it, in one transaction.

Order of the checks, as in the plan: erased, suppressed, consent, identifier, already sent, text, frequency cap, quiet
hours.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, insert, or_, select, text, update

from exports.barred import suppressed, withdrawn
from exports.caps import UNCAPPED, Cap
from exports.messages import Claimed, Row, batch_id
from stores.keyring import Keyring
from stores.operations import deliveries, delivery_attempts, delivery_batches, delivery_payloads
from stores.operations.base import insert as upsert
from stores.operations.base import wall_clock

LEASE = timedelta(minutes=10)
_PERSONAL = ("phone", "email")
_LONGEST_CAP = timedelta(days=31)
_POSTGRES_LOCK = 4_703_921_002
_other = deliveries.alias("other")
_WITH_KEY = update(deliveries).where(deliveries.c.delivery_id == bindparam("key"), deliveries.c.state == "queued")


@dataclass(frozen=True)
class Rules:
    """What a claim needs to know besides the ledger.

    Attributes:
        keyring: seals the frozen content.
        compose: the content of a row, or why it must not be sent.
        cap: the cap that a row counts against, if any.
        quiet_until: when a channel may be used next, if not now; naive UTC.
    """

    keyring: Keyring
    compose: Callable[[Row], dict[str, Any] | str]
    cap: Callable[[Row], Cap | None]
    quiet_until: Callable[[str], datetime | None]


@dataclass
class _Verdicts:
    """How the rows of one claim divide."""

    approved: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)


def claim(
    connection: Connection,
    rules: Rules,
    *,
    destination: str,
    publication_id: str,
    limit: int,
    owner: str,
    now: datetime,
) -> tuple[Claimed | None, int]:
    """Take the next messages of a destination; the caller commits before anything leaves.

    Args:
        connection: a connection of `writing`.
        rules: what else must be known.
        destination: the destination instance.
        publication_id: only messages of this publication's plan.
        limit: at most so many.
        owner: who sends them, for the lease.
        now: the present moment, naive UTC.

    Returns:
        The claimed rows (None when no looked-at row may be sent), and how many rows were looked at: zero means that
        the queue is empty.
    """
    if connection.dialect.name == "postgresql":
        # SQLite has one writer anyway; here two claims at a time could both take a customer's last place under a cap.
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
    rows = _take(connection, destination, publication_id, limit, now)
    verdicts = _judge(rows, rules, now)
    if verdicts.refused:
        refuse = _WITH_KEY.values(state="refused", reason=bindparam("why"), held_until=None)
        connection.execute(refuse, verdicts.refused)
    if verdicts.held:
        hold = _WITH_KEY.values(state="held", reason=bindparam("why"), held_until=bindparam("until"))
        connection.execute(hold, verdicts.held)
    if not verdicts.approved:
        return None, len(rows)
    approved = sorted(verdicts.approved, key=lambda row: str(row["delivery_id"]))
    name = batch_id(row["delivery_id"] for row in approved)
    _freeze(connection, approved, rules.keyring, now)
    _take_lease(connection, approved, name, owner, now)
    return Claimed(name, approved[0]["as_of"], tuple(approved)), len(rows)


def _take(
    connection: Connection, destination: str, publication_id: str, limit: int, now: datetime
) -> list[dict[str, Any]]:
    """The next queued rows, with everything that the checks need to know about them."""
    d = deliveries.c
    due = (
        select(d.delivery_id)
        .where(
            d.destination == destination,
            d.state == "queued",
            d.publication_id == publication_id,
            or_(d.next_attempt_at.is_(None), d.next_attempt_at <= now),
        )
        .order_by(d.priority.desc(), d.value_score.desc(), d.delivery_id.desc())
        .limit(limit)
        .cte("due")
    )
    slots = and_(
        _other.c.customer_id == d.customer_id,
        _other.c.slot_at > now - _LONGEST_CAP,
        _other.c.delivery_id != d.delivery_id,
        _other.c.cap_class.is_distinct_from(UNCAPPED),
    )
    same_person = exists().where(
        _other.c.identifier_token == d.identifier_token,
        _other.c.slot_at.is_not(None),
        _other.c.delivery_id != d.delivery_id,
        *(_other.c[name] == d[name] for name in ("campaign_id", "campaign_version", "step", "channel", "occurrence")),
    )
    statement = (
        select(
            deliveries,
            delivery_payloads.c.payload_cipher,
            suppressed(reason="erased").label("is_erased"),
            suppressed().label("is_suppressed"),
            withdrawn().label("is_withdrawn"),
            same_person.label("is_already_sent"),
            exists().where(slots).label("has_slots"),
        )
        .join(due, due.c.delivery_id == d.delivery_id)
        .outerjoin(delivery_payloads, delivery_payloads.c.delivery_id == d.delivery_id)
        .order_by(d.priority.desc(), d.value_score.desc(), d.delivery_id.desc())
    )
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    _add_slots(connection, rows, now)
    return rows


def _add_slots(connection: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    """Add the times of the messages that count against each customer's cap, oldest first."""
    customers = sorted({row["customer_id"] for row in rows if row["has_slots"]})
    taken: dict[str, list[datetime]] = {}
    d = deliveries.c
    for start in range(0, len(customers), 1000):
        found = connection.execute(
            select(d.customer_id, d.slot_at)
            .where(
                d.customer_id.in_(customers[start : start + 1000]),
                d.slot_at > now - _LONGEST_CAP,
                d.cap_class.is_distinct_from(UNCAPPED),
            )
            .order_by(d.slot_at)
        )
        for row in found.mappings():
            taken.setdefault(row["customer_id"], []).append(row["slot_at"])
    for looked_at in rows:
        looked_at["slots"] = taken.get(looked_at["customer_id"], [])


def _judge(rows: list[dict[str, Any]], rules: Rules, now: datetime) -> _Verdicts:
    """Divide the rows; rows of the same customer or identifier in one claim count against each other too."""
    verdicts = _Verdicts()
    just_taken: Counter[str] = Counter()
    just_sent: set[tuple[Any, ...]] = set()
    quiet = {channel: rules.quiet_until(channel) for channel in {row["channel"] for row in rows}}
    for row in rows:
        person = tuple(row[n] for n in ("campaign_id", "campaign_version", "step", "channel", "identifier_token"))
        refusal = _refusal(row, rules, person in just_sent)
        cap = rules.cap(row)
        slots = [slot for slot in row["slots"] if cap and slot > now - cap.window]
        if refusal:
            verdicts.refused.append({"key": row["delivery_id"], "why": refusal[:200]})
        elif cap and len(slots) + just_taken[row["customer_id"]] >= cap.messages:
            free_at = (slots[0] if slots else now) + cap.window
            verdicts.held.append({"key": row["delivery_id"], "why": "frequency_cap", "until": free_at})
        elif quiet[row["channel"]]:
            until = quiet[row["channel"]]
            verdicts.held.append({"key": row["delivery_id"], "why": "quiet_hours", "until": until})
        else:
            verdicts.approved.append(row)
            just_sent.add(person)
            just_taken[row["customer_id"]] += 1 if cap else 0
    return verdicts


def _refusal(row: dict[str, Any], rules: Rules, is_repeated: bool) -> str | None:
    if row["is_erased"]:
        return "erased"
    if row["is_suppressed"]:
        return "suppressed"
    if row["is_withdrawn"]:
        return "no_consent"
    if not row["identifier_token"] or (row["identifier_type"] in _PERSONAL and not row["identifier_cipher"]):
        return "no_identifier"
    if row["is_already_sent"] or is_repeated:
        return "already_sent"
    if row["payload_cipher"] is None:
        content = rules.compose(row)
        if isinstance(content, str):
            return content
        row["content"] = content
    return None


def _freeze(connection: Connection, rows: list[dict[str, Any]], keyring: Keyring, now: datetime) -> None:
    """Keep what is sent, encrypted; a row that was frozen by an earlier try keeps its payload."""
    fresh = []
    for row in rows:
        if row["payload_cipher"] is None:
            clear = json.dumps(row.pop("content"), ensure_ascii=False, sort_keys=True)
            row["payload_cipher"] = keyring.seal("payload", clear)
            fresh.append(
                {"delivery_id": row["delivery_id"], "payload_cipher": row["payload_cipher"], "created_at": now}
            )
    if fresh:
        connection.execute(insert(delivery_payloads), fresh)


def _take_lease(connection: Connection, rows: list[dict[str, Any]], name: str, owner: str, now: datetime) -> None:
    """Move the rows to `sending` and note the batch and the try."""
    for row in rows:
        row["attempts"] += 1
    connection.execute(
        _WITH_KEY.values(
            state="sending",
            reason=None,
            attempts=deliveries.c.attempts + 1,
            batch_id=name,
            lease_owner=owner,
            lease_until=now + LEASE,
            slot_at=now,
            next_attempt_at=None,
        ),
        [{"key": row["delivery_id"]} for row in rows],
    )
    note_batch(connection, name, rows, now)
    connection.execute(
        insert(delivery_attempts),
        [
            {"delivery_id": row["delivery_id"], "attempt": row["attempts"], "batch_id": name, "started_at": now}
            for row in rows
        ],
    )


def note_batch(connection: Connection, name: str, rows: Sequence[Row], now: datetime) -> None:
    """Note what a batch holds and when it was first tried; one that was proven not sent starts afresh."""
    statement = upsert(connection, delivery_batches)
    statement = statement.on_conflict_do_update(
        index_elements=["batch_id"], set_={"first_attempt_at": now, "updated_at": wall_clock()}
    )
    values = {
        "batch_id": name,
        "destination": rows[0]["destination"],
        "messages": len(rows),
        "as_of": rows[0]["as_of"],
        "first_attempt_at": now,
    }
    connection.execute(statement, values)
