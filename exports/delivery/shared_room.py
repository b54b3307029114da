"""What campaigns and destinations sent already, against the limits that customers share, at the moment of a claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from exports.delivery.message_keys import Row
from exports.policy.send_policy import SendPolicy
from stores.operations import deliveries

_d = deliveries.c
# Sums of prices are not exact; far less than any message costs.
_ROUNDING = 1e-7


class SharedRoom:
    """The room that is left; what is claimed now takes its part at once.

    One count is made for each limited campaign and destination of a claim, however many messages it has.

    Args:
        connection: to the operations store, in the transaction of the claim.
        rows: the messages that may be claimed.
        rules: the limits, and the business day.
    """

    def __init__(self, connection: Connection, rows: Iterable[Row], rules: SendPolicy) -> None:
        self._limits = rules.shared_limits
        self._day_begins = rules.start_of(rules.today())
        self._tomorrow = rules.start_of(rules.today() + timedelta(days=1))
        self._of_destination: dict[str, int] = {}
        self._today: Counter[tuple[str, int]] = Counter()
        self._in_all: Counter[tuple[str, int]] = Counter()
        self._spent: dict[tuple[str, int], float | None] = {}
        for key in {(row["campaign_id"], row["campaign_version"]) for row in rows} & self._limits.of_campaigns.keys():
            self._count_campaign(connection, key)
        for name in {row["destination"] for row in rows} & self._limits.of_destinations.keys():
            sent = select(func.count()).where(_d.destination == name, _d.slot_at >= self._day_begins)
            self._of_destination[name] = int(connection.scalar(sent) or 0)

    def _count_campaign(self, connection: Connection, key: tuple[str, int]) -> None:
        limits = self._limits.of_campaigns[key]
        mine = [_d.campaign_id == key[0], _d.campaign_version == key[1]]
        if limits.daily is not None:
            today = select(func.count()).where(*mine, _d.slot_at >= self._day_begins)
            self._today[key] = int(connection.scalar(today) or 0)
        if limits.stock is None and limits.budget is None:
            return
        sent = (
            select(_d.channel, func.count().label("messages"))
            .where(*mine, _d.slot_at.is_not(None))
            .group_by(_d.channel)
        )
        by_channel = {str(row.channel): int(row.messages) for row in connection.execute(sent)}
        self._in_all[key] = sum(by_channel.values())
        prices = self._limits.prices
        is_known = by_channel.keys() <= prices.keys()
        self._spent[key] = sum(prices[one] * messages for one, messages in by_channel.items()) if is_known else None

    def full(self, row: Row) -> tuple[str, datetime | None] | None:
        """The first limit that a message does not fit into, and when it has room next, naive UTC; None if it fits.

        Of stock and budget nobody knows when.
        """
        key = row["campaign_id"], row["campaign_version"]
        if limits := self._limits.of_campaigns.get(key):
            if limits.daily is not None and self._today[key] >= limits.daily:
                return "daily_limit", self._tomorrow
            if limits.stock is not None and self._in_all[key] >= limits.stock:
                return "offer_stock", None
            if limits.budget is not None and not self._is_paid(key, row["channel"], limits.budget):
                return "budget", None
        most = self._limits.of_destinations.get(row["destination"])
        if most is not None and self._of_destination[row["destination"]] >= most:
            return "destination_limit", self._tomorrow
        return None

    def _is_paid(self, key: tuple[str, int], channel: str, budget: float) -> bool:
        """Whether one more message fits into a budget; what has no price cannot be shown to fit."""
        spent, price = self._spent[key], self._limits.prices.get(channel)
        return spent is not None and price is not None and spent + price <= budget + _ROUNDING

    def take(self, row: Row) -> None:
        """Count a message that leaves now."""
        key = row["campaign_id"], row["campaign_version"]
        if key in self._limits.of_campaigns:
            self._today[key] += 1
            self._in_all[key] += 1
            spent = self._spent.get(key)
            if spent is not None:
                self._spent[key] = spent + self._limits.prices.get(row["channel"], 0.0)
        if row["destination"] in self._of_destination:
            self._of_destination[row["destination"]] += 1
