"""Purchases for tests: real ones, made-up ones, and summaries by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from intelligence.lifetime.purchase_summary import Purchases, Summary
from tests.testing.data_sets import DATA


def day_of(text: str) -> int:
    """Days since 1970."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def cdnow() -> Purchases:
    """The CDNOW sample, zero amounts too, as the papers count them."""
    rows = [line.split() for line in (DATA / "cdnow" / "CDNOW_sample.txt").read_text().splitlines() if line.strip()]
    ids, customer = np.unique([row[1] for row in rows], return_inverse=True)
    day = np.array([day_of(f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}") for row in rows])
    return of_rows(customer, day, np.array([float(row[4]) for row in rows]), len(ids))


def of_rows(customer: np.ndarray, day: np.ndarray, amount: np.ndarray, customers: int) -> Purchases:
    """Purchases of rows in any order; those of one customer and day are one."""
    keys, place = np.unique(customer.astype(np.int64) * 1_000_000 + day, return_inverse=True)
    return Purchases(keys // 1_000_000, keys % 1_000_000, np.bincount(place, weights=amount), customers)


def made_up(
    customers: int, weeks: int, stops: tuple[float, float] = (0.9, 2.0), yearly_swing: float = 0.0, seed: int = 11
) -> Purchases:
    """A world of an MBG/NBD: customers come within its first two thirds.

    Args:
        customers: how many.
        weeks: how long it lasts, from day 0.
        stops: parameters of the probability of stopping after a purchase.
        yearly_swing: how much more is bought in the best half of each year than in the other one, 0 … 1.
        seed: of the chance.
    """
    chance = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        rate, stop = chance.gamma(1.0, 1 / 6), chance.beta(*stops)
        mean = chance.gamma(4, 10)
        at = chance.uniform(0, weeks * 2 / 3)
        while at < weeks:
            rows.append((customer, int(at * 7), chance.gamma(3, mean / 3)))
            if chance.random() < stop:
                break
            while True:
                at += chance.exponential(1 / rate / (1 + yearly_swing))
                best = (at % 52) < 26
                if at >= weeks or best or chance.random() > yearly_swing:
                    break
    found = np.array(rows)
    return of_rows(found[:, 0].astype(int), found[:, 1].astype(int), found[:, 2], customers)


def summary_of(frequency: Sequence[float], recency: Sequence[float], age: Sequence[float]) -> Summary:
    """A summary by hand, of customers who paid 10 each time."""
    rows = len(frequency)
    return Summary(
        np.arange(rows), np.asarray(frequency, float), np.asarray(recency, float), np.asarray(age, float),
        np.full(rows, 10.0), np.asarray(frequency, float) + 1,
    )  # fmt: skip
