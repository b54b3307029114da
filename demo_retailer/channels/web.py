"""The website: events as JSON lines, in UTC as trackers write them, known by cookie and sometimes by log-in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.channels.app import EVENT_SHARE, EVENTS_A_SERIAL
from demo_retailer.channels.shop import Accounts
from demo_retailer.people.traits import SCREENS
from demo_retailer.people.visits import Clicks, by_year, make_clicks, with_repeats
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import (
    Ints,
    chance,
    identifiers,
    iso_text,
    moments,
    only_where,
    paste,
    scattered_ids,
    take,
    weighted,
)

_EVENTS = pa.array(["view", "search", "cart", "checkout"])
_EVENT_WEIGHTS = np.array([70.0, 16, 9, 5])
_VIEW, _SEARCH, _CART, _CHECKOUT = range(4)
_PATHS = pa.array(["/p/", "/search?category=", "/cart?add=", "/checkout?sku="])
_REFERRERS = pa.array(
    ["", "https://www.baidu.com/", "https://m.weibo.cn/", "https://www.xiaohongshu.com/", "https://mp.weixin.qq.com/"]
)
_REFERRER_WEIGHTS = np.array([45.0, 25, 8, 12, 10])
_SECOND_COOKIES = 1 << 32
_UTC_OFFSET = 8 * 3600
_BROKEN = (
    '{"event_id": "w-broken-1", "cookie_id": "K0000000001", "event_name": "view", "occurred_at": "昨天下午"}',
    '{"event_id": "w-broken-2", "cookie_id": "K0000000002", "event_name": "vie',
)


def write_web(block: Block, accounts: Accounts) -> None:
    """Write the website events of a block."""
    rng = block.stream("web")
    person = np.flatnonzero(block.people.habits.in_web)
    people = block.people.pick(person)
    each = block.events_each * (1 - EVENT_SHARE) * len(block.people) / max(len(people), 1)
    clicks = make_clicks(rng, people, block.calendar, each, screen=SCREENS.index("web"))

    # A second browser for three people in ten; its visits alternate with the first one's.
    has_second = chance(rng, 0.3, len(people))
    uses_second = has_second[clicks.visitor] & (clicks.visit % 2 == 1)
    cookie = people.number[clicks.visitor] + np.where(uses_second, _SECOND_COOKIES, 0)
    used = np.unique(cookie)
    block.truth.add("web", scattered_ids("K", used), used % _SECOND_COOKIES)

    events = _events(block, rng, clicks, scattered_ids("K", cookie), _logged_in(block, rng, person, clicks, accounts))
    for suffix, rows in by_year(clicks.at, chance(rng, 0.003, len(clicks))):
        repeated = with_repeats(rng, rows, 0.003)
        broken = _BROKEN if block.part == 0 and suffix == "late" else ()
        block.landing.json_lines(
            "web", f"web_events_{suffix}_{block.part:04d}.jsonl", events.take(pa.array(repeated)), broken
        )


def _logged_in(block: Block, rng: np.random.Generator, person: Ints, clicks: Clicks, accounts: Accounts) -> pa.Array:
    """The shop account of each click; null while nobody is logged in, and for browsers that never are."""
    account = np.full(len(block.people), -1, dtype=np.int64)
    first = ~accounts.is_second
    account[accounts.person[first]] = np.flatnonzero(first)
    mine = account[person]
    logs_in = (mine >= 0) & chance(rng, 0.75, len(person))
    by_visit = logs_in[clicks.visitor] & chance(rng, 0.6, int(clicks.visit.max(initial=-1)) + 1)[clicks.visit]
    return only_where(by_visit & (clicks.step > 0), take(accounts.ids, np.maximum(mine, 0)[clicks.visitor]))


def _events(block: Block, rng: np.random.Generator, clicks: Clicks, cookies: pa.Array, accounts: pa.Array) -> pa.Table:
    count = len(clicks)
    event = weighted(rng, _EVENT_WEIGHTS, count)
    sku = take(vocabulary.column("products", "sku"), clicks.product)
    target = np.where(event == _SEARCH, clicks.product + len(vocabulary.column("products", "sku")), clicks.product)
    targets = pa.concat_arrays([vocabulary.column("products", "sku"), vocabulary.column("products", "category")])
    columns = {
        "event_id": identifiers("w", block.first_serial * EVENTS_A_SERIAL + np.arange(count)),
        "cookie_id": cookies,
        "shop_customer_id": accounts,
        "event_name": take(_EVENTS, event),
        "url": paste("https://shop.example.com", take(_PATHS, event), take(targets, target)),
        "referrer": only_where(clicks.step == 0, take(_REFERRERS, weighted(rng, _REFERRER_WEIGHTS, count))),
        "sku": only_where(event != _SEARCH, sku),
        "category": take(vocabulary.column("products", "category"), clicks.product),
        "occurred_at": iso_text(moments(clicks.at - _UTC_OFFSET), "Z"),
    }
    return pa.table(columns)
