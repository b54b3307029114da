"""What follows from a receipt: the message moves on, and who must not be written to any more is suppressed at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from exports.receipts.line_portions import Portion
from exports.receipts.status_words import SOFT, Limits
from stores.operations import (
    deliveries,
    delivery_events,
    insert,
    receipt_effects,
    receipt_files,
    record_consents,
    suppress,
)
from stores.operations.contact_permissions import EVERY_CHANNEL, Consent, Suppression, find_consents, find_suppressions

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
_OWNER = (_d.identifier_type, _d.identifier_token, _d.channel, _d.purpose, _d.destination, _d.planned_at)


def apply(connection: Connection, portion: Portion, now: datetime, file_id: str, limits: Limits) -> None:
    """Draw the conclusions from events that are kept already.

    Messages move on for all of them, which changes nothing when it is done again; addresses are closed for the new
    ones only, so that what was taken back stays open. Where another file told the same, that is noted: taking one of
    the two back opens nothing.

    Args:
        connection: a connection of `writing`, in the transaction that kept the events.
        portion: the events, in portions that fit one statement, as `keep` leaves it.
        now: the present moment.
        file_id: the file that they came in.
        limits: when bounces that may pass close an address.
    """
    if not portion.event_ids:
        return
    statement = (
        select(_e.event_id, _e.peer_event_id, _e.delivery_id, _e.event, _e.bounce_class, _e.occurred_at, *_OWNER)
        .join(deliveries, _d.delivery_id == _e.delivery_id)
        .where(_e.event_id.in_(portion.event_ids))
    )
    events = connection.execute(statement).all()
    _move(connection, events)
    new = [event for event in events if event.event_id in portion.fresh]
    _close(connection, list(_suppressions(connection, new, limits)), new, now, file_id)
    _withdraw(connection, new, file_id)
    _note_same(connection, [event for event in events if event.event_id in portion.told_elsewhere], file_id)


def close_undated(connection: Connection, opt_outs: Sequence[tuple[str, str]], now: datetime, file_id: str) -> None:
    """Close the addresses of opt-outs whose time cannot be right: what withholds holds, whatever its date.

    Args:
        connection: a connection of `writing`.
        opt_outs: deliveries and what happened, `unsubscribed` or `complained`.
        now: the present moment.
        file_id: the file that they came in.
    """
    happened = dict(sorted(opt_outs, reverse=True))  # of both for one message, the complaint
    if not happened:
        return
    owners = connection.execute(select(_d.delivery_id, *_OWNER).where(_d.delivery_id.in_(happened))).all()
    rows = [_opt_out(owner, happened[owner.delivery_id]) for owner in owners]
    _close(connection, rows, owners, now, file_id)


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


def _suppressions(connection: Connection, events: Sequence[Row], limits: Limits) -> Iterable[Suppression]:
    soft: set[tuple[str, str, str]] = set()
    for event in events:
        if event.event in ("unsubscribed", "complained"):
            yield _opt_out(event, event.event)
        elif event.event == "bounced" and event.bounce_class != SOFT:
            yield Suppression(event.identifier_type, event.identifier_token, event.channel, reason="bounced")
        elif event.event == "bounced":
            soft.add((event.identifier_type, event.identifier_token, event.channel))
    for identifier_type, token, channel in sorted(soft):
        if _bounces_for_days(connection, identifier_type, token, channel, limits):
            yield Suppression(identifier_type, token, channel, reason="bounced")


def _opt_out(owner: Row, event: str) -> Suppression:
    channel = EVERY_CHANNEL if event == "complained" else owner.channel
    return Suppression(owner.identifier_type, owner.identifier_token, channel, reason=event)


def _bounces_for_days(connection: Connection, identifier_type: str, token: str, channel: str, limits: Limits) -> bool:
    """Whether an identifier bounced softly often enough over days; files that were taken back do not count."""
    statement = (
        select(_e.occurred_at)
        .join(deliveries, _d.delivery_id == _e.delivery_id)
        .outerjoin(receipt_files, receipt_files.c.file_id == _e.file_id)
        .where(
            _d.identifier_type == identifier_type,
            _d.identifier_token == token,
            _d.channel == channel,
            _e.event == "bounced",
            _e.bounce_class == SOFT,
            receipt_files.c.undone_at.is_(None),
        )
    )
    times: list[datetime] = list(connection.scalars(statement))
    return len(times) >= limits.soft_bounces and max(times) - min(times) >= timedelta(hours=limits.soft_bounce_hours)


def _close(
    connection: Connection, rows: Sequence[Suppression], owners: Sequence[Row], now: datetime, file_id: str
) -> None:
    """Suppress, and note what the file closed."""
    destinations = {(owner.identifier_type, owner.identifier_token): owner.destination for owner in owners}
    keys = {(row.identifier_type, row.identifier_token, row.channel) for row in rows}
    closed = {key for key, was_active in find_suppressions(connection, keys).items() if was_active}
    suppress(connection, rows, now)
    _note(
        connection,
        [
            {"file_id": file_id, "identifier_type": key[0], "identifier_token": key[1], "channel": key[2]}
            | {"purpose": "", "destination": destinations[key[:2]], "was_closed": key in closed}
            for key in keys
        ],
    )


def _withdraw(connection: Connection, events: Sequence[Row], file_id: str) -> None:
    """Withdraw the consent of those who opted out, and note what was there before."""
    withdrawals: list[Consent] = []
    effects: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for event in events:
        if event.event not in ("unsubscribed", "complained"):
            continue
        source = f"receipt {event.peer_event_id or event.event_id}: {event.event}"
        key = (event.identifier_type, event.identifier_token, event.channel, event.purpose)
        withdrawals.append(Consent(*key, granted=False, source=source, changed_at=event.occurred_at))
        effects[key] = {
            "file_id": file_id, "identifier_type": key[0], "identifier_token": key[1], "channel": key[2],
            "purpose": key[3], "destination": event.destination, "was_closed": False, "source": source,
            "previous_source": None, "previous_changed_at": event.planned_at,
        }  # fmt: skip
    for key, before in find_consents(connection, set(effects)).items():
        was = {"previous_source": before.source, "previous_changed_at": before.changed_at}
        effects[key] |= {"was_closed": not before.granted, **was}
    record_consents(connection, withdrawals)
    _note(connection, list(effects.values()))


def _note_same(connection: Connection, events: Sequence[Row], file_id: str) -> None:
    """Note that a file tells what another one closed."""
    effects = []
    for event in events:
        owner = {"identifier_type": event.identifier_type, "identifier_token": event.identifier_token}
        same = {"file_id": file_id, **owner, "destination": event.destination, "was_closed": True}
        if event.event in ("unsubscribed", "complained"):
            effects.append(same | {"channel": _opt_out(event, event.event).channel, "purpose": ""})
            effects.append(same | {"channel": event.channel, "purpose": event.purpose})
        elif event.event == "bounced" and event.bounce_class != SOFT:
            effects.append(same | {"channel": event.channel, "purpose": ""})
    _note(connection, effects)


def _note(connection: Connection, effects: Sequence[dict[str, Any]]) -> None:
    if effects:
        connection.execute(insert(connection, receipt_effects).on_conflict_do_nothing(), effects)
