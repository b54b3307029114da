"""Visits to the app and the website: sessions of clicks, spread over people and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo_retailer import vocabulary
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import DAY_SECONDS, Calendar, at_some_hour
from demo_retailer.people.trait_effects import chosen_products, in_part_of_day, on_days_of_week
from demo_retailer.people.traits import NONE
from demo_retailer.seeded_draws import Flags, Floats, Ints, chance, weighted

CLICKS_PER_VISIT = 5
_LATE_SHARE = 0.01  # of the visits of one day
# Who left paid a last visit shortly before; of those who are still with us some have looked in within the last weeks.
_LEFT_DAYS = 4.0
_JUST_LOOKED_IN, _LOOKED_IN_DAYS = 0.55, 50.0
_LAPSED_DAYS = 90
_ON_OTHER_SCREEN = 0.15  # visits of somebody who prefers the app on the website, and the other way round


@dataclass(frozen=True)
class Clicks:
    """Clicks of one block, sorted by time: who, in which visit, the how-manieth of the visit, on what, when."""

    visitor: Ints
    visit: Ints
    step: Ints
    product: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.visitor)


def make_clicks(
    rng: np.random.Generator, visitors: People, calendar: Calendar, clicks_each: float, screen: int
) -> Clicks:
    """Draw the clicks of visitors.

    Args:
        rng: source of randomness.
        visitors: the people who visit; positions in the result point to them.
        calendar: the days of the world.
        clicks_each: mean number of clicks per visitor.
        screen: where they visit, a position in `SCREENS`; who prefers the other one comes seldom.
    """
    habits = visitors.habits
    if not len(visitors):
        nothing = np.zeros(0, dtype=np.int64)
        return Clicks(nothing, nothing, nothing, nothing, nothing)
    prefers_other = (visitors.traits.screen != NONE) & (visitors.traits.screen != screen)
    lively = habits.liveliness * np.where(prefers_other, _ON_OTHER_SCREEN, 1.0)
    wanted = lively / lively.mean() * clicks_each / CLICKS_PER_VISIT
    visits = np.maximum(np.floor(wanted + rng.random(len(visitors))), 1).astype(np.int64)
    visitor = np.repeat(np.arange(len(visitors)), visits)
    when = calendar.between(rng, habits.joined[visitor], habits.left[visitor])
    last_visit = np.cumsum(visits) - 1
    earliest = np.maximum(habits.joined, calendar.first)
    is_last = last_visit[~_is_still_here(habits.left, calendar) | chance(rng, _JUST_LOOKED_IN, len(visitors))]
    away = np.where(_is_still_here(habits.left, calendar), _LOOKED_IN_DAYS, _LEFT_DAYS)[visitor[is_last]]
    when[is_last] = np.maximum(habits.left[visitor[is_last]] - rng.exponential(away), earliest[visitor[is_last]])
    traits = visitors.traits
    if not calendar.is_one_day:
        latest = np.minimum(habits.left, calendar.last)
        when = on_days_of_week(rng, when, traits.week_part[visitor], habits.joined[visitor], latest[visitor])
    start = in_part_of_day(rng, at_some_hour(rng, when, calendar.last), traits.daypart[visitor], calendar.last)
    if calendar.is_one_day:  # some devices were offline for days
        start -= chance(rng, _LATE_SHARE, len(start)) * rng.integers(1, 6, len(start)) * DAY_SECONDS
    order = np.argsort(start, kind="stable")
    visitor, start = visitor[order], start[order]

    clicks = np.minimum(rng.geometric(1 / CLICKS_PER_VISIT, len(visitor)), 40)
    visit = np.repeat(np.arange(len(visitor)), clicks)
    step = np.arange(len(visit)) - np.repeat(np.cumsum(clicks) - clicks, clicks)
    product = weighted(rng, vocabulary.weights("products"), len(visit))
    product = chosen_products(rng, product, traits.pick(visitor[visit]))
    at = start[visit] + step * rng.integers(8, 75, len(visit))
    return Clicks(visitor[visit], visit, step, product, np.minimum(at, calendar.now))


def _is_still_here(left: Floats, calendar: Calendar) -> Flags:
    """Whether people have given a sign of life in the world's last three months."""
    return left > calendar.last - _LAPSED_DAYS


def by_year(at: Ints, late: Flags) -> list[tuple[str, Ints]]:
    """Split rows into files by year, the late rows into one file of their own.

    Returns:
        File suffix and row positions, in order.
    """
    year = at.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    files = [(str(value), np.flatnonzero((year == value) & ~late)) for value in np.unique(year)]
    return [*files, ("late", np.flatnonzero(late))]


def with_repeats(rng: np.random.Generator, rows: Ints, share: float) -> Ints:
    """Append some of the rows once more, as a client does that got no answer in time."""
    again = rows[rng.random(len(rows)) < share]
    return np.concatenate([rows, again])
