"""The stores' point-of-sale database: customers as clerks typed them, sales, refunds as own rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo_retailer import vocabulary
from demo_retailer.channels.loyalty import member_numbers
from demo_retailer.landing_files import Database
from demo_retailer.people.population import People
from demo_retailer.people.purchases import Orders, till_ids
from demo_retailer.people.shopping_calendar import DAY_SECONDS, at_some_hour
from demo_retailer.people.typed_spellings import known_phones, name_texts
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import Ints, chance, moments, money, only_where, scattered_ids, take

STATEMENTS = (
    """create table customers (
        pos_customer_id varchar(20) primary key, name varchar(60), phone varchar(40), gender varchar(4),
        member_no varchar(20), store_name varchar(40), city varchar(40), sms_opt_in boolean,
        registered_at datetime, updated_at datetime)""",
    """create table sales (
        sale_id varchar(30) primary key, pos_customer_id varchar(20), store_id varchar(10), store_name varchar(40),
        city varchar(40), total_amount numeric(18, 2), refund_of varchar(30), sold_at datetime, updated_at datetime)""",
    """create table sale_lines (
        sale_id varchar(30), line_no integer, sku varchar(20), product_name varchar(80), category varchar(40),
        quantity integer, unit_price numeric(18, 4), amount numeric(18, 2), updated_at datetime)""",
)
INDEXES = (
    "create index customers_updated_at on customers (updated_at)",
    "create index sales_updated_at on sales (updated_at)",
    "create index sale_lines_updated_at on sale_lines (updated_at)",
)
_SECOND_CARDS = 1 << 32
_REFUND_SERIALS = 1 << 31
_PEOPLE_PER_LAZY_CLERK = 1_500
_MINUTE = 60


def write_pos(block: Block, database: Database) -> None:
    """Write the store customers and sales of a block."""
    rng = block.stream("pos")
    first = np.flatnonzero(block.people.habits.in_pos)
    second = first[chance(rng, 0.06, len(first)) & block.written(first)]
    person = np.concatenate([first, second])
    is_second = np.arange(len(person)) >= len(first)
    number = block.people.number[person] + np.where(is_second, _SECOND_CARDS, 0)
    ids = scattered_ids("P", number)
    told = block.written(person)
    database.insert("customers", _customers(block, rng, person, ids).filter(pa.array(told)))
    block.truth.add("pos", ids.filter(pa.array(told)), block.people.number[person[told]])
    card = np.full(len(block.people), -1, dtype=np.int64)
    card[first] = np.arange(len(first))
    sales = _sales(block, rng, take(ids, card[block.orders.buyer[block.orders.in_store]]))
    for rows in (sales, _refunds(block, rng, sales)):
        database.insert("sales", rows.head())
        database.insert("sale_lines", rows.lines())


def _customers(block: Block, rng: np.random.Generator, person: Ints, ids: pa.StringArray) -> pa.Table:
    people: People = block.people.pick(person)
    count = len(people)
    store = _home_stores(rng, people)
    registered = at_some_hour(rng, people.habits.joined, block.calendar.last, opening_hours=True)
    later = block.last_changes(rng, people)
    updated = np.maximum(registered, at_some_hour(rng, later, block.calendar.last, opening_hours=True))
    # A clerk in a hurry types the shop's own number: one phone for dozens of people.
    shop_phone = 13_900_000_000 + (people.number // _PEOPLE_PER_LAZY_CLERK) * 1_009 + block.seed % 1_000
    phone = pc.if_else(
        pa.array(chance(rng, 0.05, count)), pa.array(shop_phone).cast(pa.string()), known_phones(rng, people, 0.82)
    )
    columns = {
        "pos_customer_id": ids,
        "name": name_texts(rng, people),
        "phone": phone,
        "gender": only_where(chance(rng, 0.8, count), people.genders("男", "女")),
        "member_no": only_where(people.habits.in_loyalty & chance(rng, 0.8, count), member_numbers(people)),
        "store_name": take(vocabulary.column("stores", "store_name"), store),
        "city": take(vocabulary.column("stores", "city"), store),
        "sms_opt_in": pa.array(people.habits.sms_opt_in.astype(np.int64)),
        "registered_at": moments(registered),
        "updated_at": moments(updated),
    }
    return pa.table(columns)


@dataclass(frozen=True)
class _Sales:
    """Sales or refunds of one block: the orders, and what the till adds to them."""

    orders: Orders
    ids: pa.StringArray
    cards: pa.StringArray
    store: Ints
    refund_of: pa.StringArray
    at: Ints
    updated: Ints
    sign: int

    def head(self) -> pa.Table:
        """Rows of the table `sales`."""
        columns = {
            "sale_id": self.ids,
            "pos_customer_id": self.cards,
            "store_id": take(vocabulary.column("stores", "store_id"), self.store),
            "store_name": take(vocabulary.column("stores", "store_name"), self.store),
            "city": take(vocabulary.column("stores", "city"), self.store),
            "total_amount": money(self.orders.total * self.sign),
            "refund_of": self.refund_of,
            "sold_at": moments(self.at),
            "updated_at": moments(self.updated),
        }
        return pa.table(columns)

    def lines(self) -> pa.Table:
        """Rows of the table `sale_lines`."""
        baskets = self.orders.baskets
        columns = {
            "sale_id": take(self.ids, baskets.order),
            **baskets.columns(self.sign),
            "unit_price": money(baskets.unit_price),
            "amount": money(baskets.amount * self.sign),
            "updated_at": moments(self.updated[baskets.order]),
        }
        return pa.table(columns)


def _sales(block: Block, rng: np.random.Generator, cards: pa.StringArray) -> _Sales:
    orders = block.orders.of(block.orders.in_store)
    count = len(orders)
    # One sale in a hundred comes from a till that was offline for a day or two.
    delay = np.where(chance(rng, 0.01, count), rng.integers(1, 3, count) * DAY_SECONDS, _MINUTE)
    return _Sales(
        orders=orders,
        ids=orders.ids(),
        cards=only_where(~chance(rng, 0.07, count), cards),  # some pay without showing the card
        store=_home_stores(rng, block.people.pick(orders.buyer)),
        refund_of=pa.nulls(count, pa.string()),
        at=orders.at,
        updated=np.minimum(orders.at + delay, block.calendar.now),
        sign=1,
    )


def _refunds(block: Block, rng: np.random.Generator, sales: _Sales) -> _Sales:
    """Refunds of some older sales, each a row of its own with negative amounts."""
    is_old = sales.at < (block.calendar.last - 12) * DAY_SECONDS
    rows = np.flatnonzero(is_old & chance(rng, 0.035, len(sales.at)))
    keep = np.zeros(len(sales.at), dtype=bool)
    keep[rows] = True
    at = sales.at[rows] + rng.integers(1, 10, len(rows)) * DAY_SECONDS
    serials = sales.orders.serial[rows] + _REFUND_SERIALS
    return _Sales(
        orders=sales.orders.of(keep),
        ids=till_ids(serials, at),
        cards=take(sales.cards, rows),
        store=sales.store[rows],
        refund_of=take(sales.ids, rows),
        at=at,
        updated=at + _MINUTE,
        sign=-1,
    )


def _home_stores(rng: np.random.Generator, people: People) -> Ints:
    """A store in the home city, or anywhere where the city has none; always the same one for who has a home store."""
    store_cities = vocabulary.column("stores", "city").to_pylist()
    cities = vocabulary.column("cities", "city").to_pylist()
    choices = [[row for row, name in enumerate(store_cities) if name == city] for city in cities]
    width = 6
    table = np.full((len(cities), width), -1)
    for city, rows in enumerate(choices):
        if rows:
            table[city] = np.resize(rows, width)
    any_store = rng.integers(0, width, len(people)), rng.integers(0, len(store_cities), len(people))
    own_store = people.number % width, people.number % len(store_cities)
    in_city, elsewhere = (
        np.where(people.traits.has_home_store, *both) for both in zip(own_store, any_store, strict=True)
    )
    drawn = table[people.city, in_city]
    return np.where(drawn >= 0, drawn, elsewhere)
