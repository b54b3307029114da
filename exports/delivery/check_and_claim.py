"""Claiming: the last look at every message, and the promise that only this process sends it, in one transaction.

Order of the checks, as in the plan: erased, suppressed, consent, identifier (and that the sealed address is the one of
its token), kind of line, already sent, text, limits of messages (those of the customer, then those that customers
share), quiet hours, send time of the variant. Erasure, suppression and consent are looked at for the message's own
address and for every other identifier of its customer.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, insert, literal_column, or_, select, update

from exports.delivery.message_keys import Claimed, Row, batch_id
from exports.delivery.open_address import address_fault, find_addresses
from exports.delivery.personal_fields import open_fields
from exports.delivery.shared_room import SharedRoom
from exports.delivery.taken_slots import TakenSlots
from exports.policy.eligibility import suppressed, withdrawn
from exports.policy.send_policy import SendPolicy
from stores.keyring import Keyring
from stores.operations import campaign_approvals, deliveries, delivery_batches, delivery_payloads, record_access
from stores.operations.table_base import as_dictionaries, wall_clock
from stores.operations.table_base import insert as upsert

_IN_ONE_STATEMENT = 5_000
_NEEDED = (
    "delivery_id", "campaign_id", "campaign_version", "step", "customer_id", "channel", "destination", "occurrence",
    "variant", "identifier_type", "identifier_token", "fields", "purpose", "cap_class", "as_of",
    "attempts",
)  # fmt: skip
_other = deliveries.alias("other")
_WITH_KEY = update(deliveries).where(deliveries.c.delivery_id == bindparam("key"), deliveries.c.state == "queued")


@dataclass
class _Verdicts:
    """How the rows of one claim divide."""

    approved: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)


def claim(
    connection: Connection,
    rules: SendPolicy,
    *,
    destination: str,
    publication_id: str,
    batch_size: int,
    batches: int,
    owner: str,
    now: datetime,
) -> tuple[list[Claimed], int]:
    """Take the next messages of a destination; the caller commits before anything leaves.

    Args:
        connection: a transaction in which no other ledger writes.
        rules: what else must be known.
        destination: the destination instance.
        publication_id: only messages of this publication's plan.
        batch_size: at most so many messages in a batch.
        batches: at most so many batches.
        owner: who sends them, for the lease.
        now: the present moment, naive UTC.

    Returns:
        The claimed batches, and how many rows were looked at: zero means that the queue is empty.
    """
    since = now - timedelta(days=rules.longest_limit + 1)
    rows = _take(connection, destination, publication_id, batch_size * batches, now, since)
    if rows:
        rules.same_customer.read(connection)
        find_addresses(rules.vault, rows)
        open_fields(rules, rows)
    taken = TakenSlots(connection, (row["customer_id"] for row in rows if row["has_slots"]), rules, since)
    verdicts = _judge(rows, rules, taken, SharedRoom(connection, rows, rules))
    if verdicts.refused:
        refuse = _WITH_KEY.values(state="refused", reason=bindparam("why"), held_until=None)
        connection.execute(refuse, verdicts.refused)
    if verdicts.held:
        hold = _WITH_KEY.values(state="held", reason=bindparam("why"), held_until=bindparam("until"))
        connection.execute(hold, verdicts.held)
    _note_opened(connection, [row for row in rows if row.get("is_opened") and "content" not in row], owner, now)
    _freeze(connection, verdicts.approved, rules.keyring)
    claimed = []
    for start in range(0, len(verdicts.approved), batch_size):
        chosen = sorted(verdicts.approved[start : start + batch_size], key=lambda row: str(row["delivery_id"]))
        name = batch_id(row["delivery_id"] for row in chosen)
        _take_lease(connection, chosen, name, owner, now)
        claimed.append(Claimed(name, chosen[0]["as_of"], tuple(chosen)))
    return claimed, len(rows)


def _take(
    connection: Connection, destination: str, publication_id: str, limit: int, now: datetime, since: datetime
) -> list[dict[str, Any]]:
    """The next queued rows, with everything that the checks need to know about them."""
    d = deliveries.c
    due = (
        select(d.delivery_id)
        .where(
            d.destination == destination,
            # Literally, for the partial index.
            d.state == literal_column("'queued'"),
            d.publication_id == publication_id,
            or_(d.next_attempt_at.is_(None), d.next_attempt_at <= now),
            # Pausing stops a delivery that is under way too; the next one says why.
            ~exists().where(
                campaign_approvals.c.campaign_id == d.campaign_id, campaign_approvals.c.decision == "paused"
            ),
        )
        .order_by(d.priority.desc(), d.value_score.desc(), d.delivery_id.desc())
        .limit(limit)
        .cte("due")
    )
    others = and_(_other.c.delivery_id != d.delivery_id, _other.c.slot_at.is_not(None))
    same_message = and_(
        others, *(_other.c[name] == d[name] for name in ("campaign_id", "campaign_version", "step", "occurrence"))
    )
    # The same person by another customer id, or the same customer over another channel.
    to_person = exists().where(same_message, _other.c.identifier_token == d.identifier_token)
    to_customer = exists().where(same_message, _other.c.customer_id == d.customer_id)
    slots = exists().where(
        others,
        _other.c.customer_id == d.customer_id,
        _other.c.slot_at > since,
    )
    statement = (
        select(
            *(d[name] for name in _NEEDED),
            delivery_payloads.c.payload_cipher,
            suppressed(reason="erased").label("is_erased"),
            suppressed().label("is_suppressed"),
            withdrawn().label("is_withdrawn"),
            or_(to_person, to_customer).label("is_already_sent"),
            slots.label("has_slots"),
        )
        .join(due, due.c.delivery_id == d.delivery_id)
        .outerjoin(delivery_payloads, delivery_payloads.c.delivery_id == d.delivery_id)
        .order_by(d.priority.desc(), d.value_score.desc(), d.delivery_id.desc())
    )
    return as_dictionaries(connection.execute(statement))


def _judge(rows: list[dict[str, Any]], rules: SendPolicy, taken: TakenSlots, room: SharedRoom) -> _Verdicts:
    """Divide the rows; rows of the same customer or identifier in one claim count against each other too."""
    verdicts = _Verdicts()
    just_sent: set[tuple[Any, ...]] = set()
    quiet = functools.cache(rules.quiet_until)
    for row in rows:
        message = tuple(row[name] for name in ("campaign_id", "campaign_version", "step", "occurrence"))
        people = {(*message, row["identifier_token"]), (*message, row["customer_id"])}
        refusal = _refusal(row, rules, bool(people & just_sent))
        no_rules = None if refusal else rules.learn_country(row)
        refusal = refusal or (None if no_rules else _text_refusal(row, rules))
        if refusal and rules.waits(refusal):
            verdicts.held.append({"key": row["delivery_id"], "why": refusal[:200], "until": None})
        elif refusal:
            verdicts.refused.append({"key": row["delivery_id"], "why": refusal[:200]})
        elif limit := taken.full(row) or room.full(row):
            verdicts.held.append({"key": row["delivery_id"], "why": limit[0], "until": limit[1]})
        elif no_rules:
            verdicts.held.append({"key": row["delivery_id"], "why": no_rules, "until": None})
        elif rules.same_customer.unread(row):
            why = f"consents_not_read: {rules.same_customer.unread(row)}"
            verdicts.held.append({"key": row["delivery_id"], "why": why, "until": None})
        elif quiet(row["country"]):
            verdicts.held.append({"key": row["delivery_id"], "why": "quiet_hours", "until": quiet(row["country"])})
        elif too_early := rules.too_early_until(row):
            verdicts.held.append({"key": row["delivery_id"], "why": "send_time", "until": too_early})
        else:
            verdicts.approved.append(row)
            just_sent |= people
            taken.take(row)
            room.take(row)
    return verdicts


def _refusal(row: dict[str, Any], rules: SendPolicy, is_repeated: bool) -> str | None:
    if row["is_erased"]:
        return "erased"
    if row["is_suppressed"]:
        return "suppressed"
    by_another_identifier = rules.same_customer.refusal(row)
    if by_another_identifier in ("erased", "suppressed"):
        return by_another_identifier
    if not row["identifier_token"]:
        return "no_identifier"
    if row["is_withdrawn"] or by_another_identifier:
        return "no_consent" if row["is_withdrawn"] else by_another_identifier
    if fault := address_fault(rules.keyring, row):
        return fault
    if not rules.reaches(row):
        return "unsuitable_line"
    if row["is_already_sent"] or is_repeated:
        return "already_sent"
    return None


def _text_refusal(row: dict[str, Any], rules: SendPolicy) -> str | None:
    """Compose what is not frozen yet; why it must not be sent, None when it may."""
    if row["payload_cipher"] is None:
        content = rules.compose(row)
        if isinstance(content, str):
            return content
        row["content"] = content
    return None


def _note_opened(connection: Connection, rows: list[dict[str, Any]], owner: str, now: datetime) -> None:
    """Note in the audit log that numbers or names were opened, for the text and its rules, that do not leave now."""
    if rows:
        record_access(
            connection,
            actor="exports.delivery.deliver",
            action="unseal",
            subject_type="claim",
            subject=owner,
            purpose="text of the message and rules of the number's country",
            records=len(rows),
            moment=now,
        )


def _freeze(connection: Connection, rows: list[dict[str, Any]], keyring: Keyring) -> None:
    """Keep what is sent, encrypted; a row that was frozen by an earlier try keeps its payload."""
    fresh = []
    for row in rows:
        if row["payload_cipher"] is None:
            clear = json.dumps(row.pop("content"), ensure_ascii=False, sort_keys=True)
            row["payload_cipher"] = keyring.seal("payload", clear)
            fresh.append({"delivery_id": row["delivery_id"], "payload_cipher": row["payload_cipher"]})
    if fresh:
        connection.execute(insert(delivery_payloads), fresh)


def _take_lease(connection: Connection, rows: list[dict[str, Any]], name: str, owner: str, now: datetime) -> None:
    """Move the rows to `sending` and note the batch."""
    ids = [row["delivery_id"] for row in rows]
    for row in rows:
        row["attempts"] += 1
    for start in range(0, len(ids), _IN_ONE_STATEMENT):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.delivery_id.in_(ids[start : start + _IN_ONE_STATEMENT]))
            .values(
                state="sending",
                reason=None,
                attempts=deliveries.c.attempts + 1,
                batch_id=name,
                lease_owner=owner,
                claimed_at=now,
                slot_at=now,
                next_attempt_at=None,
            )
        )
    note_batch(connection, name, rows, now)


def note_batch(connection: Connection, name: str, rows: Sequence[Row], now: datetime) -> None:
    """Note what a batch holds and when it was first tried; one that was proven not sent starts from nothing."""
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
