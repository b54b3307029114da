"""Orders of a list that do not count, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from stores.counted import counted

_SHOWN_VALUES = 5
_WORDS = {
    "no_time": "nobody knows when it was",
    "impossible_time": "a day before 1980 ({values})",
    "no_amount": "no amount, or no quantity and price",
    "unknown_currency": "no known currency: {values}",
    "no_currency": "the list has currencies, and none is said of it",
    "no_exchange_rate": "in {values}, and no exchange rate into the currency most used is known. "
    "Convert the amounts to one currency first",
}
_HELD = """
    select
        held_reason,
        count(*) as orders,
        coalesce(list_sort(list_distinct(list(held_value)))[1:$shown], []) as examples
    from intermediate.int_orders
    where held_reason is not null and (ordered_at is null or cast(ordered_at as date) <= $as_of)
    group by held_reason
    order by orders desc, held_reason
"""


@dataclass(frozen=True)
class Held:
    """Orders that do not count, for one reason of `int_orders`, and the first values that were the reason."""

    reason: str
    orders: int
    values: list[str]

    @property
    def told(self) -> str:
        """How many they are, and why they do not count."""
        words = _WORDS.get(self.reason, self.reason).format(values=", ".join(self.values))
        return f"{counted(self.orders, 'order')} held: {words}"


def held_orders(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[Held]:
    """The held orders of the list up to a day and without a day, the most frequent reason first."""
    found = connection.execute(_HELD, {"as_of": as_of, "shown": _SHOWN_VALUES}).fetchall()
    return [Held(str(reason), int(orders), values) for reason, orders, values in found]
