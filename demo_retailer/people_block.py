"""One block of people on its way through the channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo_retailer.landing_files import Landing, Truth
from demo_retailer.people.population import People
from demo_retailer.people.purchases import Orders
from demo_retailer.people.shopping_calendar import Calendar
from demo_retailer.seeded_draws import Flags, Floats, Ints, stream

BLOCK_PEOPLE = 50_000
_SERIALS = 1 << 24  # per block


@dataclass(frozen=True)
class Block:
    """At most `BLOCK_PEOPLE` people with their orders, and where their traces are written.

    `part` numbers the blocks of a world; `events_each` is the mean number of app and web events per person. `writes`
    says whose own records (account, card, contact) are written; None: everybody's.
    """

    seed: int
    part: int
    calendar: Calendar
    people: People
    orders: Orders
    events_each: float
    landing: Landing
    truth: Truth
    writes: Flags | None = None
    serials_from: int | None = None

    @property
    def first_serial(self) -> int:
        """The first number for what is counted over the whole world: orders, tickets, answers."""
        return self.part * _SERIALS if self.serials_from is None else self.serials_from

    def written(self, person: Ints) -> Flags:
        """Which of these positions of people have their own records written."""
        return np.ones(len(person), dtype=bool) if self.writes is None else self.writes[person]

    def last_changes(self, rng: np.random.Generator, people: People) -> Floats:
        """When these people last told a channel something new: at any time so far, on the day in a world of one day."""
        habits = people.habits
        if self.calendar.is_one_day:
            return habits.left
        return habits.joined + (habits.left - habits.joined) * rng.random(len(people))

    def stream(self, purpose: str) -> np.random.Generator:
        """Randomness of this block for one purpose."""
        return stream(self.seed, purpose, self.part)
