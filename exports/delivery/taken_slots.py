"""What customers were sent already, against the limits of their messages, at the moment of a claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from exports.delivery.message_keys import Row
from exports.policy.message_limits import Slot
from exports.policy.send_policy import SendPolicy
from stores.operations import deliveries

_IN_ONE_STATEMENT = 1_000


class TakenSlots:
    """The messages that count against limits of some customers; what is claimed now counts at once.

    Args:
        connection: to the operations store.
        customers: whose messages are looked at.
        rules: the limits, and the business day.
        since: nothing before counts, naive UTC.
    """

    def __init__(self, connection: Connection, customers: Iterable[str], rules: SendPolicy, since: datetime) -> None:
        self._rules = rules
        self._today = rules.today()
        self._of: defaultdict[str, list[Slot]] = defaultdict(list)
        asked = sorted(set(customers))
        d = deliveries.c
        for start in range(0, len(asked), _IN_ONE_STATEMENT):
            found = connection.execute(
                select(d.customer_id, d.cap_class, d.channel, d.campaign_id, d.slot_at)
                .where(d.customer_id.in_(asked[start : start + _IN_ONE_STATEMENT]), d.slot_at > since)
                .order_by(d.slot_at)
            )
            for row in found.mappings():
                day = rules.business_day(row["slot_at"])
                self._of[row["customer_id"]].append(Slot(row["cap_class"], row["channel"], row["campaign_id"], day))

    def full(self, row: Row) -> tuple[str, datetime] | None:
        """The first limit that a message does not fit into, and when it has room next, naive UTC; None if it fits."""
        slots = self._of.get(row["customer_id"], [])
        for limit in self._rules.limits(row):
            counted = [slot.day for slot in slots if limit.counts(slot, row, self._today)]
            if len(counted) >= limit.messages:
                # Of several too many all but the allowed ones have to leave the window first.
                last = counted[len(counted) - limit.messages] if limit.messages and counted else self._today
                return limit.name, self._rules.start_of(limit.free_on(last))
        return None

    def take(self, row: Row) -> None:
        """Count a message that leaves now."""
        slot = Slot(row["cap_class"], row["channel"], row["campaign_id"], self._today)
        self._of[row["customer_id"]].append(slot)
