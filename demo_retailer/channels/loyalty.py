"""The loyalty programme's database: members and their points."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo_retailer.landing_files import Database
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import DAY_SECONDS, at_some_hour
from demo_retailer.people.typed_spellings import birthday_days, known_emails, known_phones, name_texts
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import (
    Ints,
    chance,
    day_text,
    days,
    identifiers,
    moments,
    only_where,
    paste,
    scattered_ids,
    slice_text,
    take,
    weighted,
)

STATEMENTS = (
    """create table members (
        member_no varchar(20) primary key, name varchar(60), phone varchar(40), email varchar(80),
        id_number varchar(20), level varchar(10), birthday date, sms_opt_in boolean, joined_at datetime,
        updated_at datetime)""",
    """create table points (
        entry_id varchar(20) primary key, member_no varchar(20), kind varchar(10), points integer,
        order_id varchar(30), reason varchar(40), occurred_at datetime, updated_at datetime)""",
)
INDEXES = (
    "create index members_updated_at on members (updated_at)",
    "create index points_updated_at on points (updated_at)",
)
_LEVELS = pa.array(["普通", "银卡", "金卡", "钻石"])
_LEVEL_FROM_ORDERS = np.array([4, 12, 40])
_KINDS = pa.array(["earn", "spend", "expire", "reverse"])
_REASONS = pa.array(["消费积分", "积分换礼", "到期清零", "退货扣回"])
_EARN, _SPEND, _EXPIRE, _REVERSE = range(4)
_TAKEN_SHARES = np.array([0.02, 0.60, 0.25])  # of earnings are followed by spending or expiry: saver, redeemer, neither
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECK_DIGITS = pa.array(list("10X98765432"))
_REGION_CODES = np.array([110101, 310104, 440103, 440305, 330106, 320102, 510104, 420102, 370202, 610104])


def member_numbers(people: People) -> pa.StringArray:
    """Card numbers of people who are members; the POS prints the same ones."""
    return scattered_ids("M", people.number)


def write_loyalty(block: Block, database: Database) -> None:
    """Write the members of a block and their points."""
    rng = block.stream("loyalty")
    person = np.flatnonzero(block.people.habits.in_loyalty)
    people = block.people.pick(person[block.written(person)])
    database.insert("members", _members(block, rng, people))
    block.truth.add("loyalty", member_numbers(people), people.number)
    database.insert("points", _points(block, rng, person))


def id_numbers(rng: np.random.Generator, people: People) -> pa.StringArray:
    """Made-up identity card numbers with a right check digit."""
    birthday = pa.array(people.birthday.astype("datetime64[D]"))
    region = _REGION_CODES[rng.integers(0, len(_REGION_CODES), len(people))]
    serial = rng.integers(0, 500, len(people)) * 2 + people.is_male
    stem = paste(pa.array(region).cast(pa.string()), day_text(birthday), identifiers("", serial, 3))
    digits = np.array([slice_text(stem, at, at + 1).cast(pa.int64()).to_numpy() for at in range(len(_ID_WEIGHTS))])
    return paste(stem, take(_ID_CHECK_DIGITS, _ID_WEIGHTS @ digits % 11))


def _members(block: Block, rng: np.random.Generator, people: People) -> pa.Table:
    count = len(people)
    joined = at_some_hour(rng, people.habits.joined, block.calendar.last)
    updated = np.maximum(joined, at_some_hour(rng, people.habits.left, block.calendar.last))
    birthday, birthday_known = birthday_days(rng, people, 0.9)
    columns = {
        "member_no": member_numbers(people),
        "name": name_texts(rng, people),
        "phone": known_phones(rng, people, 0.95),
        "email": known_emails(rng, people, 0.5),
        "id_number": only_where(chance(rng, 0.12, count), id_numbers(rng, people)),
        "level": take(_LEVELS, np.searchsorted(_LEVEL_FROM_ORDERS, people.habits.orders, side="right")),
        "birthday": days(birthday, birthday_known),
        "sms_opt_in": pa.array(people.habits.sms_opt_in.astype(np.int64)),
        "joined_at": moments(joined),
        "updated_at": moments(updated),
    }
    return pa.table(columns)


def _points(block: Block, rng: np.random.Generator, person: Ints) -> pa.Table:
    """One entry per order of a member for what it earned, and some that take points away."""
    orders = block.orders.of(block.people.habits.in_loyalty[block.orders.buyer])
    count = len(orders)
    earned = np.maximum(orders.total // 100, 1)
    taken = chance(rng, _TAKEN_SHARES[block.people.traits.points[orders.buyer]], count)
    kind = np.concatenate([np.full(count, _EARN), weighted(rng, np.array([0, 70.0, 15, 15]), int(taken.sum()))])
    rows = np.concatenate([np.arange(count), np.flatnonzero(taken)])
    points = np.where(kind == _EARN, earned[rows], -np.maximum(earned[rows] // 2, 1))
    delay = np.where(kind == _EARN, 3_600, rng.integers(1, 90, len(rows)) * DAY_SECONDS)
    at = orders.at[rows] + delay
    is_lived = at <= block.calendar.now
    kind, rows, points, at = kind[is_lived], rows[is_lived], points[is_lived], at[is_lived]
    serial = orders.serial[rows] + np.where(kind == _EARN, 0, 1 << 31)
    columns = {
        "entry_id": scattered_ids("L", serial),
        "member_no": take(member_numbers(block.people), orders.buyer[rows]),
        "kind": take(_KINDS, kind),
        "points": pa.array(points),
        "order_id": take(orders.ids(), rows),
        "reason": take(_REASONS, kind),
        "occurred_at": moments(at),
        "updated_at": moments(at),
    }
    return pa.table(columns)
