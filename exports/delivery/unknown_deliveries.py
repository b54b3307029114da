"""Messages in doubt: what a killed run or a lost answer left behind, and which of it may be sent again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, String, and_, func, literal, or_, select, text, update

from exports.delivery.message_keys import Claimed, Row
from exports.delivery.open_address import address_fault, find_addresses
from exports.destinations.destination import Destination, PeerClass
from exports.policy.eligibility import barred
from exports.policy.send_policy import SendPolicy
from stores.operations import campaign_approvals, deliveries, delivery_attempts, delivery_batches, delivery_payloads
from stores.operations.table_base import UtcDateTime
from stores.operations.table_base import insert as upsert

LEASE = timedelta(minutes=10)
CLOCK_SET_BACK = "clock_set_back"
# Clocks of machines that share a ledger differ a little.
_CLOCKS_DIFFER = timedelta(minutes=10)
IS_CLAIMED = text("deliveries.state in ('sending', 'unknown')")
"""The condition of a partial index; literally, or SQLite does not use the index."""

_d = deliveries.c


def mark_interrupted(connection: Connection, destination: str, installation: str, owner: str, now: datetime) -> None:
    """Note that nobody is sending what a dead process was sending.

    Args:
        connection: a connection of `writing`.
        destination: the destination instance.
        installation: its other processes are dead, for the caller holds its delivery lock.
        owner: the caller.
        now: the present moment, naive UTC; leases of other installations count until they run out.
    """
    dead = and_(_d.lease_owner.startswith(f"{installation}/"), _d.lease_owner != owner)
    over = _d.claimed_at <= now - LEASE
    interrupted = and_(_d.destination == destination, IS_CLAIMED, _d.state == "sending", or_(dead, over))
    record_attempts(connection, interrupted, "unknown", "interrupted", now)
    connection.execute(
        update(deliveries).where(interrupted).values(state="unknown", reason="interrupted", lease_owner=None)
    )


def record_attempts(
    connection: Connection, where: ColumnElement[bool], outcome: str, reason: str | None, now: datetime
) -> None:
    """Write down how the last try of messages ended, before they are moved on.

    Args:
        connection: a connection of `writing`.
        where: a condition on `deliveries`.
        outcome: the state that the try led to.
        reason: why.
        now: the present moment, naive UTC.
    """
    ended = select(
        _d.delivery_id,
        _d.attempts,
        _d.batch_id,
        literal(outcome, String),
        literal(reason, String),
        _d.claimed_at,
        literal(now, UtcDateTime),
    ).where(where)
    columns = ["delivery_id", "attempt", "batch_id", "outcome", "reason", "started_at", "finished_at"]
    statement = upsert(connection, delivery_attempts).from_select(columns, ended)
    connection.execute(statement.on_conflict_do_nothing())


def repeatable_batches(connection: Connection, destination: Destination, now: datetime) -> list[str]:
    """Batches with messages in doubt that the peer would recognise if they came again.

    Time never runs backwards, whatever the clock says: the latest first try that is known counts as past, and what was
    first tried later than now stays in doubt for good, for nobody can tell how long ago that was.

    Args:
        connection: a connection of `writing`.
        destination: where they went.
        now: the present moment, naive UTC.
    """
    if destination.peer_class is not PeerClass.DEDUPES:
        return []
    b = delivery_batches.c
    ahead = select(b.batch_id).where(b.first_attempt_at > now + _CLOCKS_DIFFER)
    undated = and_(_d.destination == destination.name, IS_CLAIMED, _d.state == "unknown", _d.batch_id.in_(ahead))
    connection.execute(update(deliveries).where(undated).values(reason=CLOCK_SET_BACK))
    latest = max(now, connection.scalar(select(func.max(b.first_attempt_at))) or now)
    in_doubt = select(_d.batch_id).where(
        _d.destination == destination.name,
        IS_CLAIMED,
        _d.state == "unknown",
        func.coalesce(_d.reason, "") != CLOCK_SET_BACK,
    )
    found = select(b.batch_id).where(b.batch_id.in_(in_doubt), b.first_attempt_at > latest - destination.dedupe_window)
    return list(connection.scalars(found.order_by(b.first_attempt_at, b.batch_id)))


def are_paused(connection: Connection, rows: Iterable[Row]) -> bool:
    """Whether a campaign of these messages is paused.

    Args:
        connection: a connection to the operations store.
        rows: messages, with campaign_id.
    """
    a = campaign_approvals.c
    theirs = a.campaign_id.in_({row["campaign_id"] for row in rows})
    return connection.scalar(select(a.campaign_id).where(theirs, a.decision == "paused").limit(1)) is not None


def claim_again(connection: Connection, name: str, rules: SendPolicy, owner: str, now: datetime) -> Claimed | None:
    """Take a batch again, exactly as it was; the caller commits before anything leaves.

    A peer recognises a repetition only of the whole. So when a message of it is gone, or its owner must not be
    written to any more, the batch stays in doubt, to be cleared up by receipts. In quiet hours it waits, and while a
    campaign of it is paused.
    """
    statement = (
        select(deliveries, delivery_payloads.c.payload_cipher)
        .join(delivery_payloads, delivery_payloads.c.delivery_id == _d.delivery_id)
        .where(_d.batch_id == name)
        .order_by(_d.delivery_id)
    )
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    whole = connection.scalar(select(delivery_batches.c.messages).where(delivery_batches.c.batch_id == name))
    members = select(func.count()).select_from(deliveries).where(_d.batch_id == name)
    stopped = connection.scalar(members.where(_d.state == "unknown", barred()))
    in_doubt = [row for row in rows if row["state"] == "unknown"]
    rules.same_customer.read(connection)
    find_addresses(rules.vault, rows)
    refused = any(rules.same_customer.refusal(row) or rules.same_customer.unread(row) for row in in_doubt)
    refused |= any(address_fault(rules.keyring, row) is not None for row in in_doubt)
    refused |= are_paused(connection, in_doubt)
    is_quiet = not refused and any(rules.learn_country(row) or rules.quiet_until(row["country"]) for row in in_doubt)
    if len(rows) != whole or stopped or refused or is_quiet or not in_doubt:
        return None
    connection.execute(
        update(deliveries)
        .where(_d.batch_id == name, _d.state == "unknown")
        .values(
            state="sending",
            reason=None,
            attempts=_d.attempts + 1,
            lease_owner=owner,
            claimed_at=now,
        )
    )
    for row in in_doubt:
        row["attempts"] += 1
    return Claimed(name, rows[0]["as_of"], tuple(rows), repeat=True)
