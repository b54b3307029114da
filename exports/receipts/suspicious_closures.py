"""A file that closes suspiciously many addresses: they are closed at once, and somebody is told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, func, select

from exports.receipts.line_portions import Desk, Source
from stores.operations import deliveries, delivery_events, receipt_effects, receipt_files

_d, _e, _f = receipt_effects.c, delivery_events.c, receipt_files.c
_DAYS = 30


def alarm_of(connection: Connection, desk: Desk, source: Source) -> tuple[str | None, int]:
    """Whether what followed from a file looks wrong, and how many open addresses it closed.

    Args:
        connection: a connection of `writing`, in the transaction that ends the file.
        desk: rules and keys.
        source: the file.
    """
    limits = desk.words.limits
    address = func.count(func.distinct(_d.identifier_type + ":" + _d.identifier_token))
    fell = (_d.purpose == "", _d.was_closed.is_(False))
    counted = select(_d.destination, address).where(_d.file_id == source.file_id, *fell).group_by(_d.destination)
    by_destination: dict[str, int] = {row[0]: row[1] for row in connection.execute(counted)}
    closed = sum(by_destination.values())
    if not closed:
        return None, 0
    messages = connection.scalar(select(func.count(func.distinct(_e.delivery_id))).where(_e.file_id == source.file_id))
    share = 100 * closed // max(messages or 0, closed)
    if closed >= limits.alarm_file_count and share >= limits.alarm_file_percent:
        return f"closed the addresses of {closed} of {max(messages or 0, closed)} messages in it.", closed
    for destination, count in by_destination.items():
        earlier = _closed_within_a_day(connection, desk, source, destination, address)
        if earlier + count < limits.alarm_day_count:
            continue
        sent = _sent(connection, desk, destination)
        before, after = (100 * number / max(sent, 1) for number in (earlier, earlier + count))
        was_told = earlier >= limits.alarm_day_count and before >= limits.alarm_day_percent
        if after >= limits.alarm_day_percent and not was_told:
            return (
                f"with it {destination} closed {earlier + count} addresses within 24 hours, of {sent} messages in "
                f"{_DAYS} days.",
                closed,
            )
    return None, closed


def _closed_within_a_day(connection: Connection, desk: Desk, source: Source, destination: str, address: object) -> int:
    """Addresses that other files closed, which are noted as done and not taken back."""
    statement = (
        select(address)  # type: ignore[call-overload]  # an aggregate
        .join(receipt_files, _f.file_id == _d.file_id)
        .where(
            _d.destination == destination,
            _d.file_id != source.file_id,
            _d.purpose == "",
            _d.was_closed.is_(False),
            _f.collected_at > desk.now - timedelta(hours=24),
            _f.undone_at.is_(None),
        )
    )
    return int(connection.scalar(statement) or 0)


def _sent(connection: Connection, desk: Desk, destination: str) -> int:
    since = desk.now - timedelta(days=_DAYS)
    statement = select(func.count()).where(deliveries.c.destination == destination, deliveries.c.slot_at >= since)
    return int(connection.scalar(statement) or 0)
