"""Hidden traits: what people are like, which no channel delivers. What tags infer is compared with them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.people.habits import Habits
from demo_retailer.seeded_draws import Flags, Ints, chance, take, weighted

NONE = -1
# first hour of each part of the day, and the share of the day's trade in it; the night lasts until the morning
DAYPARTS = ("morning", "forenoon", "noon", "afternoon", "evening", "night")
DAYPART_STARTS = np.array([5, 9, 12, 14, 18, 22])
DAYPART_HOURS = np.array([4, 3, 2, 4, 4, 7])
_MOOD_WEIGHTS = np.array([11.0, 21, 68])
_DAYPART_WEIGHTS = np.array([9.1, 17.5, 13, 20.5, 31.5, 13.6])
STORE_DAYPARTS = np.array([1, 2, 3, 4])  # while stores are open
WEEK_PARTS = ("weekday", "weekend")
PRICES = ("budget", "premium")
DEALS = ("full_price", "deal_seeker")
SCREENS = ("app", "web")
MOODS = ("unhappy", "neutral", "happy")
POINTS = ("saver", "redeemer")


@dataclass(frozen=True)
class Traits:
    """One value per person; a position in the words of the trait, `NONE` where somebody has no such trait.

    `category` and `staple` are positions in the product categories and the products. The flags: `is_steady` buys at
    even intervals, `is_festive` waits for festivals, `is_bulk` buys many pieces at once, `is_helped` asks the service
    often, `is_push_friend` opens what is pushed, `has_home_store` keeps to one store.
    """

    daypart: Ints
    week_part: Ints
    category: Ints
    staple: Ints
    price: Ints
    deal: Ints
    screen: Ints
    mood: Ints
    points: Ints
    is_steady: Flags
    is_festive: Flags
    is_bulk: Flags
    is_helped: Flags
    is_push_friend: Flags
    has_home_store: Flags

    def pick(self, rows: Ints | Flags) -> Traits:
        """The traits of the people at some positions, or of those a mask keeps."""
        return Traits(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def columns(self) -> dict[str, pa.Array]:
        """The traits in words, for the truth beside the world: null for none."""
        words = {
            "daypart": pa.array(DAYPARTS),
            "week_part": pa.array(WEEK_PARTS),
            "category": category_names(),
            "staple": vocabulary.column("products", "sku"),
            "price": pa.array(PRICES),
            "deal": pa.array(DEALS),
            "screen": pa.array(SCREENS),
            "mood": pa.array(MOODS),
            "points": pa.array(POINTS),
        }
        named = {name: take(word, _masked(getattr(self, name))) for name, word in words.items()}
        flags = [field.name for field in fields(self) if field.name not in words]
        return {**named, **{name: pa.array(getattr(self, name)) for name in flags}}


def category_names() -> pa.StringArray:
    """The product categories, sorted."""
    return pa.array(sorted(set(vocabulary.column("products", "category").to_pylist())))


def category_of_products() -> Ints:
    """The position of each product's category."""
    places = {name: place for place, name in enumerate(category_names().to_pylist())}
    return np.array([places[name] for name in vocabulary.column("products", "category").to_pylist()])


def draw_traits(rng: np.random.Generator, habits: Habits) -> Traits:
    """Draw the traits of people whose habits are known.

    Args:
        rng: source of randomness.
        habits: the habits; who buys in stores only is never a night buyer.
    """
    count = len(habits.orders)

    def one_of(shares: list[float]) -> Ints:
        """A position, or `NONE` for what the shares leave of 1."""
        return weighted(rng, np.array([1 - sum(shares), *shares]), count) - 1

    daypart = np.where(chance(rng, 0.75, count), weighted(rng, _DAYPART_WEIGHTS, count), NONE)
    store_weights = np.where(np.isin(np.arange(len(DAYPARTS)), STORE_DAYPARTS), _DAYPART_WEIGHTS, 0.0)
    in_stores = weighted(rng, store_weights, count)
    daypart = np.where((daypart != NONE) & habits.in_pos & ~np.isin(daypart, STORE_DAYPARTS), in_stores, daypart)

    products = vocabulary.weights("products")
    price = one_of([0.08, 0.09])
    staple = np.where((price == NONE) & chance(rng, 0.10, count), weighted(rng, products, count), NONE)
    popular = np.bincount(category_of_products(), weights=products).astype(np.float64)
    takes_category = (price == NONE) & (staple == NONE) & chance(rng, 0.6, count)
    is_festive = chance(rng, 0.07, count)
    return Traits(
        daypart=daypart,
        week_part=one_of([0.34, 0.24]),
        category=np.where(takes_category, weighted(rng, popular, count), NONE),
        staple=staple,
        price=price,
        deal=one_of([0.28, 0.30]),
        screen=np.where(habits.in_app & habits.in_web, one_of([0.5, 0.4]), np.where(habits.in_app, 0, 1)),
        mood=weighted(rng, _MOOD_WEIGHTS, count),
        points=one_of([0.4, 0.3]),
        is_steady=chance(rng, 0.22, count) & ~is_festive,
        is_festive=is_festive,
        is_bulk=chance(rng, 0.04, count),
        is_helped=chance(rng, 0.06, count),
        is_push_friend=chance(rng, 0.25, count),
        has_home_store=chance(rng, 0.55, count),
    )


def _masked(positions: Ints) -> pa.Array:
    return pa.array(positions, mask=positions == NONE)
