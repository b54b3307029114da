"""One block of people on its way through the channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.demo.calendar import Calendar
from ingestion.demo.draw import stream
from ingestion.demo.landing import Landing, Truth
from ingestion.demo.people import People
from ingestion.demo.purchases import Orders

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
