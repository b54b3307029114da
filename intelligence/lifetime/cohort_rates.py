"""Cohort rates: what customers who came as long ago bought in the days that followed; no difference within a cohort.

It is what a fitted model has to beat, and what is forecast where none does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intelligence.lifetime.purchase_summary import DAYS_PER_WEEK, Floats, Purchases, summarise

# Upper ends of the cohorts, in weeks since the first purchase.
_EDGES = np.array([4.0, 8.0, 13.0, 26.0, 39.0, 52.0, 78.0, 104.0])
# So many customers with the rate of all are added to each cohort, so that a small one is not taken at its word.
_CUSTOMERS_OF_ALL = 20.0


@dataclass(frozen=True)
class CohortRates:
    """Purchases and spend in some days, by how long ago a customer came.

    Attributes:
        days: the length of the time in which they were counted.
        purchases: a rate for each cohort, the youngest first.
        spend: likewise.
    """

    days: int
    purchases: Floats
    spend: Floats

    @classmethod
    def measure(cls, purchases: Purchases, day: int, days: int) -> CohortRates:
        """Count what came in the days before a day, by the age of customers when they began.

        Args:
            purchases: at least one of them before the days began.
            day: the last of these days.
            days: how many.
        """
        summary = summarise(purchases, day - days)
        counted, spent = purchases.between(day - days, day)
        cohort = np.searchsorted(_EDGES, summary.age)
        members = np.bincount(cohort, minlength=len(_EDGES) + 1).astype(float)
        rates = []
        for made in (counted[summary.customer], spent[summary.customer]):
            total = np.bincount(cohort, weights=made, minlength=len(members))
            rates.append((total + made.mean() * _CUSTOMERS_OF_ALL) / (members + _CUSTOMERS_OF_ALL))
        return cls(days, rates[0], rates[1])

    def expected(self, age: Floats, days: int) -> tuple[Floats, Floats]:
        """Purchases and spend to expect, the customers growing older meanwhile.

        Args:
            age: weeks since the first purchase of each customer.
            days: of the forecast; where they are more than were measured, the cohort that a customer grows into counts.
        """
        counted, spent = np.zeros(len(age)), np.zeros(len(age))
        for begun in range(0, days, self.days):
            part = min(days - begun, self.days) / self.days
            cohort = np.searchsorted(_EDGES, age + begun / DAYS_PER_WEEK)
            counted += part * self.purchases[cohort]
            spent += part * self.spend[cohort]
        return counted, spent
