"""What people buy, when and where: orders and their lines, before each channel writes them its own way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo_retailer import vocabulary
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import Calendar, at_some_hour
from demo_retailer.people.trait_effects import (
    at_even_intervals,
    chosen_coupons,
    chosen_products,
    chosen_quantities,
    in_festivals,
    in_part_of_day,
    on_days_of_week,
)
from demo_retailer.people.traits import NONE, Traits
from demo_retailer.seeded_draws import (
    Flags,
    Floats,
    Ints,
    chance,
    day_text,
    identifiers,
    moments,
    paste,
    scattered_ids,
    slice_text,
    stream,
    take,
    weighted,
)

_EXTRA_LINE_SHARE = 0.46  # after each line one order in two goes on: 1.85 lines on average
_GROWTH = 0.75  # people buy a little more often the longer they know the shop
_MOST_LINES = 8
_QUANTITIES = np.array([1, 2, 3, 4, 6, 10])
_QUANTITY_WEIGHTS = np.array([78.0, 14, 4, 2, 1.5, 0.5])


@dataclass(frozen=True)
class Baskets:
    """Order lines; `order` is the position of the line's order, sorted; prices in fen."""

    order: Ints
    line_no: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints

    @property
    def amount(self) -> Ints:
        """Line amounts in fen."""
        return self.quantity * self.unit_price

    def columns(self, sign: int = 1) -> dict[str, pa.Array]:
        """The columns that every channel writes for a line, prices left out."""
        names = ("sku", "product_name", "category")
        return {
            "line_no": pa.array(self.line_no),
            **{name: take(vocabulary.column("products", name), self.product) for name in names},
            "quantity": pa.array(self.quantity * sign),
        }

    def of(self, keep: Flags) -> Baskets:
        """The lines of the orders that a mask keeps, renumbered to the kept orders."""
        lines = keep[self.order]
        renumbered = np.cumsum(keep) - 1
        return Baskets(
            renumbered[self.order[lines]],
            self.line_no[lines],
            self.product[lines],
            self.quantity[lines],
            self.unit_price[lines],
        )


@dataclass(frozen=True)
class Orders:
    """Orders of one block of people, sorted by time.

    `serial` counts orders over the world, `buyer` is the position in the block, `at` is in seconds since 1970 on the
    business clock, `total` in fen, `coupon` the position in `COUPONS`.
    """

    serial: Ints
    buyer: Ints
    at: Ints
    in_store: Flags
    coupon: Ints
    total: Ints
    baskets: Baskets

    def __len__(self) -> int:
        return len(self.serial)

    def ids(self) -> pa.StringArray:
        """Order numbers as the shop prints them (SO…) and as the tills do (R…)."""
        day = moments(self.at)
        online = paste("SO", day_text(day), scattered_ids("", self.serial))
        return pc.if_else(pa.array(self.in_store), till_ids(self.serial, self.at), online)

    def of(self, keep: Flags) -> Orders:
        """The orders that a mask keeps, with their lines."""
        return Orders(
            serial=self.serial[keep],
            buyer=self.buyer[keep],
            at=self.at[keep],
            in_store=self.in_store[keep],
            coupon=self.coupon[keep],
            total=self.total[keep],
            baskets=self.baskets.of(keep),
        )


def till_ids(serial: Ints, at: Ints) -> pa.StringArray:
    """Receipt numbers of the tills."""
    return paste("R", slice_text(day_text(moments(at)), 2), identifiers("", serial, 10))


COUPONS = pa.array([None, "DOUBLE11", "NEWUSER20", "VIP88", "SPRING"])
_COUPON_PERCENT = np.array([100, 85, 90, 88, 90])


def make_orders(seed: int, part: int, people: People, calendar: Calendar, first_serial: int | None = None) -> Orders:
    """Draw all orders of one block of people.

    Args:
        seed: the world's seed.
        part: number of the block.
        people: the block.
        calendar: the days of the world.
        first_serial: number of the first order in the whole world; None: where those of the block begin.
    """
    rng, trait_rng = stream(seed, "orders", part), stream(seed, "traits in orders", part)
    habits, traits = people.habits, people.traits
    buyer = np.repeat(np.arange(len(people)), habits.orders)
    if not len(buyer):
        buyer = np.zeros(0, dtype=np.int64)
    when = calendar.between(rng, habits.first_order[buyer], habits.last_order[buyer], lean=_GROWTH)
    first_of_buyer = np.concatenate([[0], np.cumsum(habits.orders)[:-1]])[habits.orders > 0]
    when[first_of_buyer] = habits.first_order[buyer[first_of_buyer]]
    last_of_buyer = np.cumsum(habits.orders)[habits.orders > 0] - 1
    when[last_of_buyer] = habits.last_order[buyer[last_of_buyer]]
    if not calendar.is_one_day:
        when = _preferred_days(trait_rng, when, buyer, people, calendar)

    both = habits.in_shop & habits.in_pos
    store_share = np.where(both, rng.beta(1.2, 1.6, len(people)), habits.in_pos.astype(float))
    in_store = chance(rng, store_share[buyer], len(buyer))
    at = np.where(
        in_store,
        at_some_hour(rng, when, calendar.last, opening_hours=True),
        at_some_hour(rng, when, calendar.last),
    )
    at = in_part_of_day(trait_rng, at, traits.daypart[buyer], calendar.last, in_store)
    order = np.argsort(at, kind="stable")
    buyer, at, in_store = buyer[order], at[order], in_store[order]
    coupon = chosen_coupons(trait_rng, _coupons(rng, at, in_store), traits.deal[buyer], in_store)
    baskets = fill_baskets(rng, coupon, trait_rng, traits.pick(buyer))
    total = np.bincount(baskets.order, weights=baskets.amount, minlength=len(at)).astype(np.int64)
    serial = ((part << 24) if first_serial is None else first_serial) + np.arange(len(at), dtype=np.int64)
    return Orders(serial, buyer, at, in_store, coupon, total, baskets)


def _preferred_days(rng: np.random.Generator, when: Floats, buyer: Ints, people: People, calendar: Calendar) -> Floats:
    """The days of orders as the traits of their buyers have them; the first and the last one hardly move."""
    habits, traits = people.habits, people.traits
    first, last = habits.first_order[buyer], habits.last_order[buyer]
    when = at_even_intervals(rng, when, buyer, traits.is_steady, habits.first_order, habits.last_order)
    inner = (when > first) & (when < last)
    when = in_festivals(rng, when, traits.is_festive[buyer] & inner, first, last, calendar)
    earliest, latest = habits.joined[buyer], np.minimum(habits.left[buyer], calendar.last)
    return on_days_of_week(
        rng, when, np.where(traits.is_festive[buyer], NONE, traits.week_part[buyer]), earliest, latest
    )


def fill_baskets(
    rng: np.random.Generator,
    coupon: Ints,
    trait_rng: np.random.Generator | None = None,
    traits: Traits | None = None,
) -> Baskets:
    """Draw the lines of orders.

    Args:
        rng: source of randomness.
        coupon: by order, the position in `COUPONS`.
        trait_rng: source of randomness for what traits decide; None: they decide nothing.
        traits: by order, the traits of the buyer.
    """
    lines = np.minimum(rng.geometric(1 - _EXTRA_LINE_SHARE, len(coupon)), _MOST_LINES)
    order = np.repeat(np.arange(len(coupon)), lines)
    line_no = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines) + 1
    product = weighted(rng, vocabulary.weights("products"), len(order))
    if trait_rng is not None and traits is not None:
        product = chosen_products(trait_rng, product, traits.pick(order))
    list_price = np.rint(vocabulary.weights("products", "price") * 100).astype(np.int64)[product]
    percent = _COUPON_PERCENT[coupon][order] * np.where(chance(rng, 0.12, len(order)), 0.9, 1.0)
    quantity = _QUANTITIES[weighted(rng, _QUANTITY_WEIGHTS, len(order))]
    if trait_rng is not None and traits is not None:
        quantity = chosen_quantities(trait_rng, quantity, traits.is_bulk[order])
    return Baskets(order, line_no, product, quantity, np.floor(list_price * percent / 100).astype(np.int64))


def _coupons(rng: np.random.Generator, at: Ints, in_store: Flags) -> Ints:
    """Coupons of online orders: the November one only in its season."""
    month = at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    coupon = weighted(rng, np.array([80.0, 0, 8, 8, 4]), len(at))
    coupon = np.where((month == 11) & chance(rng, 0.5, len(at)), 1, coupon)
    return np.where(in_store, 0, coupon)
