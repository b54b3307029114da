"""Messages in doubt: what a killed run or a lost answer left behind, and which of it may be sent again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from exports.barred import barred
from exports.claim import LEASE, note_tries
from exports.destinations.base import Destination, PeerClass
from exports.messages import Claimed
from exports.rules import Rules
from stores.operations import deliveries, delivery_attempts, delivery_batches, delivery_payloads

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
    interrupted = and_(_d.destination == destination, _d.state == "sending", or_(dead, _d.lease_until <= now))
    tried = delivery_attempts.c
    connection.execute(
        update(delivery_attempts)
        .where(tried.finished_at.is_(None), tried.batch_id.in_(select(_d.batch_id).where(interrupted)))
        .values(outcome="unknown", reason="interrupted", finished_at=now)
    )
    connection.execute(
        update(deliveries)
        .where(interrupted)
        .values(state="unknown", reason="interrupted", lease_owner=None, lease_until=None)
    )


def repeatable_batches(connection: Connection, destination: Destination, now: datetime) -> list[str]:
    """Batches with messages in doubt that the peer would recognise if they came again."""
    if destination.peer_class is not PeerClass.DEDUPES:
        return []
    b = delivery_batches.c
    in_doubt = exists().where(_d.batch_id == b.batch_id, _d.state == "unknown")
    found = select(b.batch_id).where(
        b.destination == destination.name, b.first_attempt_at > now - destination.dedupe_window, in_doubt
    )
    return list(connection.scalars(found.order_by(b.first_attempt_at, b.batch_id)))


def claim_again(connection: Connection, name: str, rules: Rules, owner: str, now: datetime) -> Claimed | None:
    """Take a batch again, exactly as it was; the caller commits before anything leaves.

    A peer recognises a repetition only of the whole. So when a message of it is gone, or its owner must not be
    written to any more, the batch stays in doubt, to be cleared up by receipts. In quiet hours it waits.
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
    is_quiet = any(rules.quiet_until(channel) for channel in {row["channel"] for row in rows})
    if len(rows) != whole or stopped or is_quiet or not in_doubt:
        return None
    connection.execute(
        update(deliveries)
        .where(_d.batch_id == name, _d.state == "unknown")
        .values(
            state="sending",
            reason=None,
            attempts=_d.attempts + 1,
            lease_owner=owner,
            lease_until=now + LEASE,
        )
    )
    for row in in_doubt:
        row["attempts"] += 1
    note_tries(connection, name, now)
    return Claimed(name, rows[0]["as_of"], tuple(rows), repeat=True)
