"""How traits show in what people do: the days and hours, the goods, the coupons that they choose."""

from __future__ import annotations

import numpy as np

from demo_retailer import vocabulary
from demo_retailer.people.shopping_calendar import DAY_SECONDS, Calendar, festival_days
from demo_retailer.people.traits import (
    DAYPART_HOURS,
    DAYPART_STARTS,
    NONE,
    STORE_DAYPARTS,
    Traits,
    category_of_products,
)
from demo_retailer.seeded_draws import Flags, Floats, Ints, chance, weighted

_TRUE_TO_TRAIT = 0.87  # of what somebody does goes with the trait, the rest as with everybody
_TRUE_TO_CATEGORY, _TRUE_TO_STAPLE = 0.82, 0.65
_OPENS, _CLOSES = 10, 21
_CHEAP, _DEAR = 90.0, 400.0  # yuan
_BULK_QUANTITIES = np.array([4, 6, 10])


def at_even_intervals(
    rng: np.random.Generator, when: Floats, buyer: Ints, steady: Flags, first: Floats, last: Floats
) -> Floats:
    """Space the orders of steady buyers evenly.

    Args:
        rng: source of randomness.
        when: days of the orders, those of one buyer side by side.
        buyer: position of the buyer of each order.
        steady: by buyer, whether the trait holds.
        first: by buyer, the day of the first order.
        last: by buyer, the day of the last order.
    """
    orders = np.bincount(buyer, minlength=len(steady))
    begins = np.concatenate([[0], np.cumsum(orders)[:-1]])
    place = np.arange(len(when)) - begins[buyer]
    step = (last - first)[buyer] / np.maximum(orders[buyer] - 1, 1)
    inner = (place > 0) & (place < orders[buyer] - 1)
    even = first[buyer] + step * (place + inner * rng.normal(0, 0.12, len(when)))
    return np.where(steady[buyer] & (orders[buyer] >= 3), even, when)


def in_festivals(
    rng: np.random.Generator, when: Floats, festive: Flags, start: Floats, end: Floats, calendar: Calendar
) -> Floats:
    """Move most doings of people who wait for festivals to a festival that they lived to see, a random one.

    Args:
        rng: source of randomness.
        when: days of the doings.
        festive: by doing, whether the trait holds.
        start: the earliest day of each.
        end: the latest day of each.
        calendar: the days of the world.
    """
    festivals = festival_days(calendar)
    low, high = np.searchsorted(festivals, start), np.searchsorted(festivals, np.floor(end))
    drawn = low + (rng.random(len(when)) * np.maximum(high - low, 1)).astype(np.int64)
    day = festivals[np.minimum(drawn, len(festivals) - 1)] + 0.5
    return np.where(festive & (high > low) & chance(rng, _TRUE_TO_TRAIT, len(when)), day, when)


def on_days_of_week(rng: np.random.Generator, when: Floats, week_part: Ints, start: Floats, end: Floats) -> Floats:
    """Move most doings to the part of the week that people prefer, by three days at most.

    Args:
        rng: source of randomness.
        when: days of the doings.
        week_part: by doing, the trait.
        start: the earliest day of each.
        end: the latest day of each.
    """
    day = np.floor(when).astype(np.int64)
    weekday = (day + 3) % 7  # 0 for Monday: day 0 was a Thursday
    is_weekend = weekday >= 5
    to_weekend = np.where(weekday <= 1, -1 - weekday, 5 - weekday)
    to_week = np.where(weekday == 5, -1, 1)
    to_week = np.where(chance(rng, 0.5, len(when)), to_week, np.where(weekday == 5, -2, 2))
    shift = np.where((week_part == 1) & ~is_weekend, to_weekend, np.where((week_part == 0) & is_weekend, to_week, 0))
    moved = when + np.where(chance(rng, _TRUE_TO_TRAIT, len(when)), shift, 0)
    return np.where((moved >= start) & (moved <= end), moved, when)


def in_part_of_day(rng: np.random.Generator, at: Ints, daypart: Ints, last: int, in_store: Flags | None = None) -> Ints:
    """Move most doings to the hours that people prefer; those of the world's last day stay.

    Args:
        rng: source of randomness.
        at: seconds since 1970 on the business clock.
        daypart: by doing, the trait.
        last: the world's last day.
        in_store: which of them happen in a store, while it is open.
    """
    count = len(at)
    part = np.maximum(daypart, 0)
    starts, hours = DAYPART_STARTS[part].astype(float), DAYPART_HOURS[part].astype(float)
    fits = np.ones(count, dtype=bool)
    if in_store is not None:
        fits = ~in_store | np.isin(daypart, STORE_DAYPARTS)
        ends = np.where(in_store, np.minimum(starts + hours, _CLOSES), starts + hours)
        starts = np.where(in_store, np.maximum(starts, _OPENS), starts)
        hours = ends - starts
    hour = (starts + rng.random(count) * hours) % 24
    day = at // DAY_SECONDS
    moves = (daypart != NONE) & fits & (day < last) & chance(rng, _TRUE_TO_TRAIT, count)
    return np.where(moves, day * DAY_SECONDS + (hour * 3600).astype(np.int64), at)


def chosen_coupons(rng: np.random.Generator, coupon: Ints, deal: Ints, in_store: Flags) -> Ints:
    """Let deal seekers use one of the coupons that always hold in most online orders, and others none at all."""
    drawn = np.where(chance(rng, 0.5, len(coupon)), 2, 3)
    seeks = (deal == 1) & (coupon == 0) & ~in_store & chance(rng, _TRUE_TO_TRAIT, len(coupon))
    return np.where(deal == 0, 0, np.where(seeks, drawn, coupon))


def chosen_products(rng: np.random.Generator, product: Ints, traits: Traits) -> Ints:
    """Let people choose what they like.

    Args:
        rng: source of randomness.
        product: positions of products as anybody would choose them.
        traits: the traits of who chooses, one row per product.
    """
    count = len(product)
    weights, categories = vocabulary.weights("products"), category_of_products()
    prices = vocabulary.weights("products", "price")
    chosen = product.copy()
    for category in range(int(categories.max()) + 1):
        mine = (traits.category == category) & chance(rng, _TRUE_TO_CATEGORY, count)
        chosen[mine] = weighted(rng, np.where(categories == category, weights, 0.0), int(mine.sum()))
    for price, fits in enumerate((prices < _CHEAP, prices >= _DEAR)):
        mine = (traits.price == price) & chance(rng, _TRUE_TO_TRAIT, count)
        chosen[mine] = weighted(rng, np.where(fits, weights, 0.0), int(mine.sum()))
    mine = (traits.staple != NONE) & chance(rng, _TRUE_TO_STAPLE, count)
    return np.where(mine, traits.staple, chosen)


def chosen_quantities(rng: np.random.Generator, quantity: Ints, is_bulk: Flags) -> Ints:
    """Let those who buy for many take many pieces."""
    many = _BULK_QUANTITIES[rng.integers(0, len(_BULK_QUANTITIES), len(quantity))]
    return np.where(is_bulk & chance(rng, _TRUE_TO_TRAIT, len(quantity)), many, quantity)
