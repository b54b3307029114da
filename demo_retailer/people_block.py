"""One block of people on its way through the channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo_retailer.landing_files import Landing, Truth
from demo_retailer.people.population import People
from demo_retailer.people.purchases import Orders
from demo_retailer.people.shopping_calendar import Calendar
from demo_retailer.seeded_draws import stream

BLOCK_PEOPLE = 50_000


@dataclass(frozen=True)
class Block:
    """At most `BLOCK_PEOPLE` people with their orders, and where their traces are written.

    `part` numbers the blocks of a world; `events_each` is the mean number of app and web events per person.
    """

    seed: int
    part: int
    calendar: Calendar
    people: People
    orders: Orders
    events_each: float
    landing: Landing
    truth: Truth

    def stream(self, purpose: str) -> np.random.Generator:
        """Randomness of this block for one purpose."""
        return stream(self.seed, purpose, self.part)
