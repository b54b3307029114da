"""What the models know of each customer: how often, when first and last, for how much; from a list of purchases."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DAYS_PER_WEEK = 7.0
# Distinct rows up to which times are taken to the day.
_MOST_ROWS = 20_000

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """Purchases, one row for each customer and day; several orders of a day are one purchase.

    Attributes:
        customer: number of the customer, 0 … `customers` - 1, sorted.
        day: days since any fixed day; ascending within a customer.
        amount: net amount of that day in the reporting currency; may be zero or negative where goods came back.
        customers: how many customers there are.
    """

    customer: Whole
    day: Whole
    amount: Floats
    customers: int

    def until(self, day: int) -> Purchases:
        """Those on or before a day; the numbers of customers stay."""
        kept = self.day <= day
        return replace(self, customer=self.customer[kept], day=self.day[kept], amount=self.amount[kept])

    def between(self, after: int, until: int) -> tuple[Floats, Floats]:
        """How many purchases, and for how much, each customer made after one day and until another one."""
        kept = (self.day > after) & (self.day <= until)
        counted = np.bincount(self.customer[kept], minlength=self.customers).astype(float)
        spent = np.bincount(self.customer[kept], weights=self.amount[kept], minlength=self.customers)
        return counted, spent.astype(float)


@dataclass(frozen=True)
class Summary:
    """Sufficient statistics of the customers who bought until a day, times in weeks.

    Attributes:
        customer: their numbers in the purchases.
        frequency: repeat purchases, that is purchases beyond the first.
        recency: weeks from the first purchase to the last one.
        age: weeks from the first purchase to the day of the summary.
        spend: average amount of a purchase; of positive amounts only.
        spend_count: how many purchases that average is of; 0 where nothing was positive.
    """

    customer: Whole
    frequency: Floats
    recency: Floats
    age: Floats
    spend: Floats
    spend_count: Floats

    def __len__(self) -> int:
        return len(self.customer)

    def of(self, chosen: NDArray[np.bool_]) -> Summary:
        """The rows of some customers."""
        return Summary(
            self.customer[chosen], self.frequency[chosen], self.recency[chosen], self.age[chosen], self.spend[chosen],
            self.spend_count[chosen],
        )  # fmt: skip


def summarise(purchases: Purchases, day: int) -> Summary:
    """Sum purchases up to a day.

    Args:
        purchases: sorted by customer and day.
        day: the last day that counts.

    Returns:
        A row for each customer who bought by then.
    """
    seen = purchases.until(day)
    count = np.bincount(seen.customer, minlength=purchases.customers)
    buyers = np.flatnonzero(count)
    last = np.cumsum(count)[buyers] - 1
    first = last - count[buyers] + 1
    positive = seen.amount > 0
    number = np.bincount(seen.customer[positive], minlength=purchases.customers).astype(float)[buyers]
    total = np.bincount(seen.customer[positive], weights=seen.amount[positive], minlength=purchases.customers)[buyers]
    return Summary(
        customer=buyers,
        frequency=(count[buyers] - 1).astype(float),
        recency=(seen.day[last] - seen.day[first]) / DAYS_PER_WEEK,
        age=(day - seen.day[first]) / DAYS_PER_WEEK,
        spend=np.divide(total, number, out=np.zeros(len(number)), where=number > 0),
        spend_count=number,
    )


def grouped(frequency: Floats, recency: Floats, age: Floats) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    """The distinct rows of a summary, and how often each comes: what a likelihood needs, and no more.

    Times count in days; where that leaves very many rows, in whole weeks, which moves parameters in the third digit.
    """
    for days in (1.0, DAYS_PER_WEEK):
        units = [np.rint(times * DAYS_PER_WEEK / days).astype(np.int64) for times in (recency, age)]
        spans = [int(unit.max(initial=0)) + 1 for unit in units]
        keys, times = np.unique(
            (frequency.astype(np.int64) * spans[0] + units[0]) * spans[1] + units[1], return_counts=True
        )
        if len(keys) <= _MOST_ROWS:
            break
    rest, of_age = np.divmod(keys, spans[1])
    of_frequency, of_recency = np.divmod(rest, spans[0])
    weeks = days / DAYS_PER_WEEK
    return (of_frequency.astype(float), of_recency * weeks, of_age * weeks), times.astype(float)
