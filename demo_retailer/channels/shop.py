"""The web shop: accounts and orders, kept as Parquet that the stand-in API serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo_retailer.people.population import People
from demo_retailer.people.purchases import COUPONS, Orders
from demo_retailer.people.shopping_calendar import DAY_SECONDS, at_some_hour
from demo_retailer.people.typed_spellings import birthday_days, known_emails, known_phones, name_texts
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import (
    Flags,
    Ints,
    chance,
    days,
    iso_text,
    moments,
    money,
    only_where,
    paste,
    scattered_ids,
    take,
    weighted,
)
from stores.duckdb_connection import open_scratch

OFFSET = "+08:00"
_SECOND_ACCOUNTS = 1 << 32
_STREETS = pa.array(
    ["人民路", "解放路", "中山路", "建设路", "文化路", "长江路", "和平街", "新华路", "学府路", "滨河路"]
)
_STATUSES = pa.array(["pending", "paid", "shipped", "completed", "cancelled", "refunded"])
_PENDING, _PAID, _SHIPPED, _COMPLETED, _CANCELLED, _REFUNDED = range(6)


_MOVED_ORDERS = """
    with recent as (
        select * from read_parquet(getvariable('files'), union_by_name = true)
        where updated_at >= getvariable('day') - interval 30 day and updated_at < getvariable('day')
    ),

    newest as (
        select * from recent
        qualify row_number() over (partition by order_id order by updated_at desc) = 1
    ),

    chosen as (
        select *, strftime(getvariable('day'), '%Y-%m-%dT08:00:00+08:00') as moved_at
        from newest
        where status in ('pending', 'paid', 'shipped', 'completed')
        order by md5(order_id || getvariable('day')), order_id
        limit ?
    )

    select * exclude (moved_at) replace (
        case status when 'pending' then 'paid' when 'paid' then 'shipped' when 'shipped' then 'completed'
            else 'refunded' end as status,
        coalesce(paid_at, moved_at) as paid_at,
        case when status = 'completed' then moved_at else refunded_at end as refunded_at,
        case when status = 'completed' then total_amount else refund_amount end as refund_amount,
        getvariable('day') + interval 8 hour as updated_at
    )
    from chosen
"""


@dataclass(frozen=True)
class Accounts:
    """Shop accounts of a block: position of the person, account number, whether it is the person's second account."""

    person: Ints
    ids: pa.StringArray
    is_second: Flags
    is_test: Flags

    def pick(self, keep: Flags) -> Accounts:
        """The accounts that a mask keeps."""
        return Accounts(self.person[keep], self.ids.filter(pa.array(keep)), self.is_second[keep], self.is_test[keep])


def make_accounts(block: Block) -> Accounts:
    """Open the shop accounts of a block; some people register twice."""
    rng = block.stream("shop accounts")
    first = np.flatnonzero(block.people.habits.in_shop)
    second = first[chance(rng, 0.045, len(first)) & block.written(first)]
    person = np.concatenate([first, second])
    is_second = np.arange(len(person)) >= len(first)
    number = block.people.number[person] + np.where(is_second, _SECOND_ACCOUNTS, 0)
    is_test = chance(rng, 0.003, len(person))
    is_test[:2] |= not block.calendar.is_one_day
    return Accounts(person, scattered_ids("C", number), is_second, is_test)


def write_shop(block: Block, accounts: Accounts) -> None:
    """Write the accounts and the online orders of a block."""
    told = accounts.pick(block.written(accounts.person))
    block.landing.parquet("shop", f"customers_{block.part:04d}.parquet", _customers(block, told))
    block.landing.parquet("shop", f"orders_{block.part:04d}.parquet", _orders(block, accounts))
    block.truth.add("shop", told.ids, block.people.number[told.person])


def _customers(block: Block, accounts: Accounts) -> pa.Table:
    rng = block.stream("shop customers")
    people: People = block.people.pick(accounts.person)
    count = len(people)
    habits = people.habits
    # The second account comes later, often with a changed phone.
    later = block.last_changes(rng, people)
    registered = at_some_hour(rng, np.where(accounts.is_second, later, habits.joined), block.calendar.last)
    updated = np.maximum(registered, at_some_hour(rng, later, block.calendar.last))
    birthday, birthday_known = birthday_days(rng, people, 0.55)
    is_marked = accounts.is_test & chance(rng, 0.6, count)
    test_name = paste("测试", people.given_names())
    house = pa.array(rng.integers(1, 400, count)).cast(pa.string())
    street = take(_STREETS, rng.integers(0, len(_STREETS), count))
    room = pa.array(rng.integers(101, 2999, count)).cast(pa.string())
    # 北京市 is province and city at once and written once.
    is_one = pc.equal(people.provinces(), people.cities())
    province = pc.if_else(is_one, "", people.provinces())
    address = paste(province, people.cities(), street, house, "号", room, "室")
    columns = {
        "customer_id": accounts.ids,
        "name": pc.if_else(pa.array(accounts.is_test & ~is_marked), test_name, name_texts(rng, people)),
        "mobile": known_phones(rng, people, 0.93, former=0.03),
        "email": known_emails(rng, people, 0.80),
        "gender": only_where(chance(rng, 0.7, count), people.genders("male", "female")),
        "birthday": days(birthday, birthday_known),
        "province": only_where(chance(rng, 0.9, count), people.provinces()),
        "city": people.cities(),
        "address": only_where(chance(rng, 0.75, count), address),
        "sms_opt_in": pa.array(habits.sms_opt_in),
        "email_opt_in": pa.array(habits.email_opt_in & people.has_email),
        "is_test": pa.array(is_marked),
        "registered_at": iso_text(moments(registered), OFFSET),
        "updated_at": moments(updated),
    }
    return pa.table(columns)


@dataclass(frozen=True)
class Progress:
    """How far orders have come: status, times in seconds since 1970, refund in fen."""

    status: Ints
    has_paid: Flags
    paid: Ints
    is_back: Flags
    refunded: Ints
    refund: Ints
    updated: Ints


def just_paid(at: Ints) -> Progress:
    """Orders that were paid at once and have come no further."""
    nothing = np.zeros_like(at)
    return Progress(nothing + _PAID, nothing == 0, at, nothing == 1, at, nothing, at)


def order_table(orders: Orders, ids: pa.Array, customer_ids: pa.Array, progress: Progress) -> pa.Table:
    """Orders as the shop's API hands them out, lines nested."""
    columns = {
        "order_id": ids,
        "customer_id": customer_ids,
        "status": take(_STATUSES, progress.status),
        "currency": take(pa.array(["CNY"]), np.zeros(len(orders), dtype=np.int64)),
        "coupon_code": take(COUPONS, orders.coupon),
        "total_amount": money(orders.total),
        "refund_amount": money(progress.refund),
        "created_at": iso_text(moments(orders.at), OFFSET),
        "paid_at": iso_text(moments(progress.paid, progress.has_paid), OFFSET),
        "refunded_at": iso_text(moments(progress.refunded, progress.is_back), OFFSET),
        "updated_at": moments(progress.updated),
        "lines": _nested_lines(orders),
    }
    return pa.table(columns)


def moved_orders(files: list[Path], day: date, count: int) -> pa.Table:
    """Orders of the last weeks that move on by one step: paid, shipped, completed, refunded.

    Args:
        files: the shop's Parquet files of orders so far.
        day: the day on which they move.
        count: at most how many.
    """
    with open_scratch() as connection:
        connection.execute("set variable files = ?", [[str(path) for path in files]])
        connection.execute("set variable day = ?", [day])
        return connection.execute(_MOVED_ORDERS, [count]).to_arrow_table()


def _orders(block: Block, accounts: Accounts) -> pa.Table:
    rng = block.stream("shop orders")
    orders = block.orders.of(~block.orders.in_store)
    customer_ids = take(accounts.ids, _account_of(rng, block, accounts, orders))
    return order_table(orders, orders.ids(), customer_ids, _progress(rng, orders, block.calendar.last))


def _progress(rng: np.random.Generator, orders: Orders, last_day: int) -> Progress:
    """How far each order has come by the world's last day; nothing happens after it."""
    count, last = len(orders), (last_day + 1) * DAY_SECONDS - 1
    status = _status(rng, last_day * DAY_SECONDS - orders.at)
    has_paid = (status != _PENDING) & ~((status == _CANCELLED) & chance(rng, 0.7, count))
    paid = np.minimum(orders.at + rng.integers(20, 1_500, count), last)
    partly = (status == _COMPLETED) & chance(rng, 0.02, count)
    is_back = (status == _REFUNDED) | ((status == _CANCELLED) & has_paid) | partly
    refunded = np.minimum(paid + rng.integers(DAY_SECONDS // 2, 12 * DAY_SECONDS, count), last)
    shipped = np.minimum(paid + rng.integers(DAY_SECONDS // 4, 4 * DAY_SECONDS, count), last)
    moved = np.isin(status, (_SHIPPED, _COMPLETED))
    return Progress(
        status=status,
        has_paid=has_paid,
        paid=paid,
        is_back=is_back,
        refunded=refunded,
        refund=np.where(is_back, np.where(partly, orders.total // 3, orders.total), 0),
        updated=np.where(is_back, refunded, np.where(moved, shipped, np.where(has_paid, paid, orders.at))),
    )


def _nested_lines(orders: Orders) -> pa.ListArray:
    """Lines of each order as a list of structs."""
    baskets = orders.baskets
    columns = {
        **baskets.columns(),
        "unit_price": money(baskets.unit_price),
        "amount": money(baskets.amount),
    }
    per_order = np.bincount(baskets.order, minlength=len(orders))
    offsets = pa.array(np.concatenate([[0], np.cumsum(per_order)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(list(columns.values()), list(columns)))


def _status(rng: np.random.Generator, age: Ints) -> Ints:
    """Where an order stands, by its age in seconds."""
    old = weighted(rng, np.array([0.6, 0.2, 0.2, 91, 4, 4]), len(age))
    fresh = weighted(rng, np.array([5.0, 38, 50, 4, 3, 0]), len(age))
    return np.where(age > 9 * DAY_SECONDS, old, fresh)


def _account_of(rng: np.random.Generator, block: Block, accounts: Accounts, orders: Orders) -> Ints:
    """Which account each order was placed with; who has two uses the second one now and then."""
    first = np.full(len(block.people), -1, dtype=np.int64)
    second = first.copy()
    number = np.arange(len(accounts.person))
    first[accounts.person[~accounts.is_second]] = number[~accounts.is_second]
    second[accounts.person[accounts.is_second]] = number[accounts.is_second]
    uses_second = (second[orders.buyer] >= 0) & chance(rng, 0.4, len(orders))
    return np.where(uses_second, second[orders.buyer], first[orders.buyer])
