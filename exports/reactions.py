"""What follows from a receipt: the message moves on, and who must not be written to any more is suppressed at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from stores.operations import deliveries, delivery_events, record_consents, suppress
from stores.operations.permissions import EVERY_CHANNEL, Consent, Suppression

_SOFT_BOUNCES = 3
_SOFT_BOUNCE_SPAN = timedelta(hours=72)

_LEADS_TO = {
    "accepted": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "opened": "delivered",
    "clicked": "delivered",
    "unsubscribed": "delivered",
    "complained": "delivered",
    "bounced": "bounced",
    "failed": "failed",
}
# A receipt proves that the peer has the message, so it also settles a message in doubt.
_DOUBT = ("queued", "sending", "unknown")
_FROM = {
    "accepted": _DOUBT,
    "sent": (*_DOUBT, "accepted"),
    "bounced": (*_DOUBT, "accepted", "sent"),
    "failed": (*_DOUBT, "accepted", "sent"),
    "delivered": (*_DOUBT, "accepted", "sent"),
}
_d, _e = deliveries.c, delivery_events.c


def apply(connection: Connection, event_ids: Sequence[str], now: datetime) -> None:
    """Draw the conclusions from events that are kept already; doing it again changes nothing.

    Args:
        connection: a connection of `writing`, in the transaction that kept the events.
        event_ids: the events, in portions that fit one statement.
        now: the present moment.
    """
    if not event_ids:
        return
    statement = (
        select(
            _e.event_id,
            _e.delivery_id,
            _e.event,
            _e.detail,
            _e.occurred_at,
            _d.channel,
            _d.purpose,
            _d.identifier_type,
            _d.identifier_token,
        )
        .join(deliveries, _d.delivery_id == _e.delivery_id)
        .where(_e.event_id.in_(event_ids))
    )
    events = connection.execute(statement).all()
    _move(connection, events)
    suppress(connection, _suppressions(connection, events), now)
    record_consents(connection, _withdrawals(events))


def is_soft(detail: str | None) -> bool:
    """Whether a bounce may pass by itself; one that does not say so is hard."""
    said = (detail or "").lower()
    return "soft" in said or "temporary" in said


def _move(connection: Connection, events: Sequence[Row]) -> None:
    """Move each message forward, never back; first to states that lead on to the others."""
    first_event = select(func.min(_e.occurred_at)).where(_e.delivery_id == _d.delivery_id).scalar_subquery()
    for target in ("accepted", "sent", "bounced", "failed", "delivered"):
        ids = {event.delivery_id for event in events if _LEADS_TO[event.event] == target}
        if not ids:
            continue
        # A message that was never tried cannot have a receipt; the event is kept, the message stays.
        tried = or_(_d.state != "queued", _d.attempts > 0)
        values: dict[str, Any] = {
            "state": target,
            "reason": None,
            "lease_owner": None,
            "accepted_at": func.coalesce(_d.accepted_at, first_event),
        }
        if target == "failed":
            # It did not reach anybody, so it takes no place under the cap.
            values["slot_at"] = None
        connection.execute(
            update(deliveries).where(_d.delivery_id.in_(ids), _d.state.in_(_FROM[target]), tried).values(values)
        )


def _suppressions(connection: Connection, events: Sequence[Row]) -> Iterable[Suppression]:
    soft: set[tuple[str, str, str]] = set()
    for event in events:
        owner = (event.identifier_type, event.identifier_token)
        if event.event == "complained":
            yield Suppression(*owner, channel=EVERY_CHANNEL, reason="complained")
        elif event.event == "unsubscribed":
            yield Suppression(*owner, channel=event.channel, reason="unsubscribed")
        elif event.event == "bounced" and not is_soft(event.detail):
            yield Suppression(*owner, channel=event.channel, reason="bounced")
        elif event.event == "bounced":
            soft.add((*owner, event.channel))
    for identifier_type, token, channel in sorted(soft):
        if _bounces_for_days(connection, identifier_type, token, channel):
            yield Suppression(identifier_type, token, channel, reason="bounced")


def _bounces_for_days(connection: Connection, identifier_type: str, token: str, channel: str) -> bool:
    """Whether an identifier bounced softly three times or more over at least 72 hours."""
    statement = (
        select(_e.occurred_at, _e.detail)
        .join(deliveries, _d.delivery_id == _e.delivery_id)
        .where(
            _d.identifier_type == identifier_type,
            _d.identifier_token == token,
            _d.channel == channel,
            _e.event == "bounced",
        )
    )
    times = [row.occurred_at for row in connection.execute(statement) if is_soft(row.detail)]
    return len(times) >= _SOFT_BOUNCES and max(times) - min(times) >= _SOFT_BOUNCE_SPAN


def _withdrawals(events: Sequence[Row]) -> Iterable[Consent]:
    for event in events:
        if event.event in ("unsubscribed", "complained"):
            yield Consent(
                identifier_type=event.identifier_type,
                identifier_token=event.identifier_token,
                channel=event.channel,
                purpose=event.purpose,
                granted=False,
                source=f"receipt {event.event_id}: {event.event}",
                changed_at=event.occurred_at,
            )
