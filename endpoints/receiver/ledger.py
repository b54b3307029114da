"""What the delivery ledger says about messages: their channel and step, and which receipts it has collected."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from stores.errors import UserError
from stores.operations import deliveries, delivery_events, engine, reading
from stores.settings import Settings

log = logging.getLogger(__name__)

_IN_ONE_STATEMENT = 500


@dataclass
class Known:
    """What the ledger knows about a message.

    Attributes:
        channel: the message channel.
        step: the step of its campaign.
        state: where it stands.
        events: the events that receipts told.
    """

    channel: str
    step: int
    state: str
    events: set[str] = field(default_factory=set)


def look_up(settings: Settings, delivery_ids: Sequence[str]) -> dict[str, Known]:
    """Messages of the ledger by delivery id; none where it cannot be read, for the receiver works without it.

    Args:
        settings: the installation.
        delivery_ids: which messages.
    """
    known: dict[str, Known] = {}
    d, e = deliveries.c, delivery_events.c
    try:
        with reading(engine(settings)) as connection:
            for ids in _portions(delivery_ids):
                found = select(d.delivery_id, d.channel, d.step, d.state).where(d.delivery_id.in_(ids))
                for row in connection.execute(found):
                    known[row.delivery_id] = Known(row.channel, row.step, row.state)
                told = select(e.delivery_id, e.event).where(e.delivery_id.in_(ids))
                for row in connection.execute(told):
                    known[row.delivery_id].events.add(row.event)
    except (UserError, DBAPIError) as bad:
        log.warning("The delivery ledger cannot be read: %s", bad)
    return known


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IN_ONE_STATEMENT):
        yield ids[start : start + _IN_ONE_STATEMENT]
