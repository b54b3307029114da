"""What the models know of each customer: how often, when first and last, for how much; taken from a list of purchases."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DAYS_PER_WEEK = 7.0

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
        return counted, spent


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
        frequency=count[buyers] - 1.0,
        recency=(seen.day[last] - seen.day[first]) / DAYS_PER_WEEK,
        age=(day - seen.day[first]) / DAYS_PER_WEEK,
        spend=np.divide(total, number, out=np.zeros_like(total), where=number > 0),
        spend_count=number,
    )


def grouped(*columns: Floats) -> tuple[list[Floats], Floats]:
    """The distinct rows of some columns, and how often each comes: what a likelihood needs, and no more."""
    rows, times = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return [np.ascontiguousarray(rows[:, position]) for position in range(rows.shape[1])], times.astype(float)
