"""The app: users and events as Parquet files of its own log store."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import at_some_hour
from demo_retailer.people.traits import SCREENS
from demo_retailer.people.typed_spellings import known_phones, name_texts
from demo_retailer.people.visits import Clicks, by_year, make_clicks, with_repeats
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import chance, choose, identifiers, moments, only_where, scattered_ids, take, weighted

EVENT_SHARE = 0.7  # of all events; the rest is the website's
_EVENTS = pa.array(["open", "view", "cart", "purchase_click", "share", "push_open"])
_AFTER_OPENING = np.array([0, 72.0, 14, 8, 6, 0])
_OPEN, _PUSH_OPEN = 0, 5
_PUSH_FRIEND_SHARE, _PUSH_SHARE = 0.55, 0.03  # of visits begin with a push
_PAGES = pa.array(["home", "product", "cart", "checkout", "product", "campaign"])
_NEW_DEVICES = 1 << 32
EVENTS_A_SERIAL = 16


def write_app(block: Block) -> None:
    """Write the app users of a block and what they did."""
    rng = block.stream("app")
    person = np.flatnonzero(block.people.habits.in_app)
    people, told = block.people.pick(person), block.written(person)
    count = len(people)
    ids = scattered_ids("U", people.number)
    # Some change their phone; the log keeps both devices, the profile the newest.
    changed = chance(rng, 0.12, count) & told
    device, new_device = scattered_ids("D", people.number), scattered_ids("D", people.number + _NEW_DEVICES)
    registered = at_some_hour(rng, people.habits.joined, block.calendar.last)
    updated = np.maximum(registered, at_some_hour(rng, people.habits.left, block.calendar.last))
    users = {
        "app_user_id": ids,
        "device_id": choose(changed.astype(np.int64), device, new_device),
        "phone": known_phones(rng, people, 0.88),
        "name": only_where(chance(rng, 0.5, count), name_texts(rng, people)),
        "push_opt_in": pa.array(people.habits.push_opt_in),
        "registered_at": moments(registered),
        "updated_at": moments(updated),
    }
    block.landing.parquet("app", f"app_users_{block.part:04d}.parquet", pa.table(users).filter(pa.array(told)))
    block.truth.add("app", ids.filter(pa.array(told)), people.number[told])

    each = block.events_each * EVENT_SHARE * len(block.people) / max(count, 1)
    clicks = make_clicks(rng, people, block.calendar, each, screen=SCREENS.index("app"))
    on_new = changed[clicks.visitor] & (clicks.at >= (registered + updated)[clicks.visitor] // 2)
    used = choose(on_new.astype(np.int64), take(device, clicks.visitor), take(new_device, clicks.visitor))
    events = _events(block, rng, people, clicks, take(ids, clicks.visitor), used)
    for suffix, rows in by_year(clicks.at, chance(rng, 0.003, len(clicks))):
        repeated = with_repeats(rng, rows, 0.002)
        block.landing.parquet("app", f"app_events_{suffix}_{block.part:04d}.parquet", events.take(pa.array(repeated)))


def _events(
    block: Block, rng: np.random.Generator, people: People, clicks: Clicks, users: pa.Array, devices: pa.Array
) -> pa.Table:
    count = len(clicks)
    by_push = np.where(people.traits.is_push_friend, _PUSH_FRIEND_SHARE, _PUSH_SHARE)
    opening = np.where(chance(rng, by_push[clicks.visitor], count), _PUSH_OPEN, _OPEN)
    event = np.where(clicks.step == 0, opening, weighted(rng, _AFTER_OPENING, count))
    on_product = (event != _OPEN) & (event != _PUSH_OPEN)
    serial = block.first_serial * EVENTS_A_SERIAL + np.arange(count)
    columns = {
        "event_id": identifiers("a", serial),
        "app_user_id": users,
        "device_id": devices,
        "event_name": take(_EVENTS, event),
        "page": take(_PAGES, event),
        "sku": only_where(on_product, take(vocabulary.column("products", "sku"), clicks.product)),
        "category": only_where(on_product, take(vocabulary.column("products", "category"), clicks.product)),
        "occurred_at": moments(clicks.at),
    }
    return pa.table(columns)
