"""How people live with the retailer: since when, until when, how much they buy, which channels they use."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from demo_retailer.people.shopping_calendar import Calendar
from demo_retailer.seeded_draws import Flags, Floats, Ints, chance

BUYER_SHARE = 0.88
_ORDER_SPREAD = 1.5  # sigma of the log-normal: most people buy one to five times, a few buy every week
_MOST_ORDERS = 400
_CAP_LOSS = 1.04  # what the cap takes from the mean
_NEWCOMERS, _NEWCOMERS_ORDERS = 0.055, 2
_NEWCOMERS_DAYS, _NEWCOMERS_LEAN = 30, 1.4


@dataclass(frozen=True)
class Habits:
    """One value per person.

    `joined`, `first_order`, `last_order` and `left` are fractional days since 1970; `left` is the last sign of life,
    near the world's end for people who are still with us. `liveliness` has mean 1 and scales clicks and visits.
    """

    orders: Ints
    joined: Floats
    first_order: Floats
    last_order: Floats
    left: Floats
    liveliness: Floats
    in_shop: Flags
    in_pos: Flags
    in_app: Flags
    in_web: Flags
    in_loyalty: Flags
    in_wecom: Flags
    sms_opt_in: Flags
    email_opt_in: Flags
    push_opt_in: Flags

    def pick(self, rows: Ints | Flags) -> Habits:
        """The habits of the people at some positions, or of those a mask keeps."""
        return Habits(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw_habits(rng: np.random.Generator, count: int, calendar: Calendar, orders_each: float) -> Habits:
    """Draw the habits of `count` people.

    Args:
        rng: source of randomness.
        count: how many people.
        calendar: the days of the world.
        orders_each: mean number of orders per person, buyers and others together.
    """
    buys = chance(rng, BUYER_SHARE, count)
    mean = orders_each / BUYER_SHARE * _CAP_LOSS
    drawn = rng.lognormal(np.log(mean) - _ORDER_SPREAD**2 / 2, _ORDER_SPREAD, count)
    orders = np.where(buys, np.clip(np.rint(drawn), 1, _MOST_ORDERS), 0).astype(np.int64)

    # One buyer in five has lapsed, light buyers more easily; the others gave a sign of life in the last weeks.
    lapsed = chance(rng, np.where(orders <= 3, 0.28, 0.17), count)
    left = calendar.last + 1 - np.minimum(rng.exponential(1.5, count), 70)
    left = np.where(lapsed, calendar.last - 92 - np.minimum(rng.exponential(190, count), 880), left)

    # The last order lies some weeks before, on a busy day rather than a quiet one; who buys seldom still looks around.
    seldom = (orders <= 2) & ~lapsed
    last_order = calendar.between(rng, np.maximum(left - np.where(seldom, 150, 55), calendar.first + 1.0), left)
    span = (last_order - calendar.first) * (1 - np.exp(-(orders - 1).clip(0) / 3)) * (0.45 + 0.55 * rng.random(count))
    first_order = np.maximum(last_order - span, calendar.first)
    joined = np.where(buys, first_order - rng.exponential(40, count), 0)
    joined = np.where(buys, joined, calendar.between(rng, np.full(count, float(calendar.first)), left))
    joined = np.clip(joined, calendar.first, left)

    habits = Habits(
        orders=orders,
        joined=joined,
        first_order=first_order,
        last_order=last_order,
        left=left,
        liveliness=rng.lognormal(-0.5, 1.0, count) * (1 + np.log1p(orders)) / (1 + np.log1p(orders).mean()),
        **_channels(rng, buys),
        sms_opt_in=chance(rng, 0.70, count),
        email_opt_in=chance(rng, 0.55, count),
        push_opt_in=chance(rng, 0.60, count),
    )
    return _with_newcomers(rng, habits, calendar)


def _with_newcomers(rng: np.random.Generator, habits: Habits, calendar: Calendar) -> Habits:
    """Let some of those who buy little have come in the last weeks only, so that people go on joining to the end."""
    count = len(habits.orders)
    is_new = (habits.orders <= _NEWCOMERS_ORDERS) & chance(rng, _NEWCOMERS, count)
    joined = calendar.last + 1 - _NEWCOMERS_DAYS * rng.random(count) ** _NEWCOMERS_LEAN
    first_order = joined + rng.random(count) * (calendar.last + 1 - joined)
    last_order = first_order + rng.random(count) * (calendar.last + 1 - first_order)
    return replace(
        habits,
        joined=np.where(is_new, joined, habits.joined),
        first_order=np.where(is_new, first_order, habits.first_order),
        last_order=np.where(is_new, last_order, habits.last_order),
        left=np.where(is_new, np.maximum(last_order, habits.left), habits.left),
    )


def _channels(rng: np.random.Generator, buys: Flags) -> dict[str, Flags]:
    """Who is in which channel: every buyer can buy somewhere, everybody is somewhere."""
    count = len(buys)

    def joins(buyer_share: float, visitor_share: float) -> Flags:
        return chance(rng, np.where(buys, buyer_share, visitor_share), count)

    in_shop, in_pos = joins(0.52, 0.45), joins(0.54, 0.0)
    in_app, in_web = joins(0.45, 0.35), joins(0.55, 0.50)
    in_loyalty, in_wecom = joins(0.44, 0.06), joins(0.24, 0.30)
    in_shop |= buys & ~in_pos
    in_shop |= ~(in_pos | in_app | in_web | in_loyalty | in_wecom)
    return {
        "in_shop": in_shop,
        "in_pos": in_pos,
        "in_app": in_app,
        "in_web": in_web,
        "in_loyalty": in_loyalty,
        "in_wecom": in_wecom,
    }
