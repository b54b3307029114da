"""Purchases as they stand in a database, brought into the form of the models; sums are made where the rows are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from intelligence.lifetime.fitted_model import Size
from intelligence.lifetime.purchase_summary import DAYS_PER_WEEK, Purchases, Summary

# `date - date` is a whole number of days in DuckDB.
_NUMBERED = """
    select numbers.number as customer, days.purchase_day - date '1970-01-01' as day, days.net_amount::double as amount
    from {source} as days
    inner join (
        select customer_id, row_number() over (order by customer_id) - 1 as number
        from (select distinct customer_id from {source} where purchase_day <= $day) as buyers
    ) as numbers on days.customer_id = numbers.customer_id
    where days.purchase_day <= $day
    order by customer, day
"""
_SUMMED = """
    select
        customer_id,
        count(*) as purchases,
        min(purchase_day) as first_day,
        max(purchase_day) as last_day,
        coalesce(avg(net_amount::double) filter (where net_amount > 0), 0) as average,
        count(*) filter (where net_amount > 0) as paid
    from {source}
    where purchase_day <= $day
    group by customer_id
    order by customer_id
"""
_SIZE = """
    select count(distinct customer_id), count(*), coalesce(sum(net_amount::double), 0) from {source}
    where purchase_day <= $day
"""
_DIGEST = """
    select count(*) || ' ' || coalesce(bit_xor(hash(customer_id, purchase_day, net_amount)), 0) || ' '
        || coalesce(sum(hash(customer_id, purchase_day, net_amount) % 1000000007), 0)
    from {source}
    where purchase_day <= $day
"""


@dataclass(frozen=True)
class Buyers:
    """What is known of everybody who bought: one row for each, in all of its parts.

    Attributes:
        customer_id: their ids.
        purchases: purchase days.
        first_day, last_day: days of the first purchase and of the last one.
        summary: the same as the models want it.
    """

    customer_id: pa.Array
    purchases: pa.Array
    first_day: pa.Array
    last_day: pa.Array
    summary: Summary


@dataclass(frozen=True)
class PurchaseTable:
    """A relation of purchase days: customer_id, purchase_day, net_amount; one row for each customer and day.

    Attributes:
        connection: DuckDB that can read it.
        source: its name, or a select in brackets.
        day: the last day that counts.
    """

    connection: duckdb.DuckDBPyConnection
    source: str
    day: date

    def size(self) -> Size:
        """How much there is."""
        customers, purchases, amount = self._ask(_SIZE).fetchall()[0]
        return Size(int(customers), int(purchases), float(amount))

    def digest(self) -> str:
        """Another text as soon as a row is another one."""
        return str(self._ask(_DIGEST).fetchall()[0][0])

    def purchases(self) -> Purchases:
        """All of them, days since 1970-01-01."""
        rows = self._ask(_NUMBERED).fetchnumpy()
        customer = np.asarray(rows["customer"], dtype=np.int64)
        many = int(customer[-1]) + 1 if len(customer) else 0
        return Purchases(customer, np.asarray(rows["day"], dtype=np.int64), np.asarray(rows["amount"]), many)

    def buyers(self) -> Buyers:
        """What models know of everybody who bought."""
        found = self._ask(_SUMMED).to_arrow_table()
        first, last = (
            found[name].to_numpy().astype("datetime64[D]").astype(np.int64) for name in ("first_day", "last_day")
        )
        count = found["purchases"].to_numpy().astype(float)
        today = (self.day - date(1970, 1, 1)).days
        summary = Summary(
            customer=np.arange(len(count)),
            frequency=count - 1,
            recency=(last - first) / DAYS_PER_WEEK,
            age=(today - first) / DAYS_PER_WEEK,
            spend=found["average"].to_numpy().astype(float),
            spend_count=found["paid"].to_numpy().astype(float),
        )
        return Buyers(found["customer_id"], found["purchases"], found["first_day"], found["last_day"], summary)

    def _ask(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql.format(source=self.source), {"day": self.day})
