"""The service desk: tickets as JSON lines; a later line of a ticket replaces the earlier one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.people.free_texts import about_product, with_contact
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import DAY_SECONDS, at_some_hour, bad_week
from demo_retailer.people.typed_spellings import known_emails, known_phones, name_texts
from demo_retailer.people.visits import by_year
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import (
    Flags,
    Ints,
    chance,
    day_text,
    identifiers,
    iso_text,
    moments,
    only_where,
    paste,
    scattered_ids,
    slice_text,
    take,
    weighted,
)

TICKETS_EACH = 0.22
BURST_TOPIC = "异响发热"
_BURST_SHARE = 0.01
_BURST_PRODUCT = 0
_HELPED_SHARE = 0.4  # of the tickets are of people who ask often, whatever else they do
_CHANNELS = pa.array(["hotline", "chat", "email", "after_sales"])
_CHANNEL_WEIGHTS = np.array([42.0, 34, 9, 15])
_SEVERITIES = pa.array(["P0", "P1", "P2", "P3"])
_TYPE_WEIGHTS = {"complaint": 3.0, "question": 6.0, "repair": 3.0, "praise": 1.5}
_SEVERITY_WEIGHTS = {
    "complaint": [6.0, 30, 44, 20],
    "question": [0.3, 4, 35, 60],
    "repair": [2.0, 24, 54, 20],
    "praise": [0, 0, 10, 90.0],
}
# Shares of 1 to 5 points, after a complaint and after anything else.
_SATISFACTION = np.array([[30.0, 26, 22, 14, 8], [3.0, 4, 12, 36, 45]])
_ANSWER_MINUTES = np.array([11.0, 85, 330, 900])
_OFFSET = "+08:00"
_BROKEN = (
    '{"ticket_id": "T-broken-1", "ticket_type": "complaint", "created_at": "2025-13-45 09:00:00", "satisfaction": 5}',
    '{"ticket_id": "T-broken-2", "satisfaction": "非常满意", "created_at": "2025-06-01T09:00:00Z"}',
    '{"ticket_id": "T-broken-3", "customer_name": "',
)


@dataclass(frozen=True)
class _Tickets:
    """Tickets of a block: their people, the text template, the product, the times."""

    people: People
    template: Ints
    product: Ints
    severity: Ints
    created: Ints


def write_service(block: Block) -> None:
    """Write the tickets of a block: each as opened, most once more as answered and resolved."""
    rng = block.stream("service")
    tickets = _draw(block, rng)
    count = len(tickets.created)
    if not count:
        return
    day = slice_text(day_text(moments(tickets.created)), 2)
    ids = paste("T", day, scattered_ids("", block.first_serial + np.arange(count)))
    block.truth.add("service", ids, tickets.people.number)

    wait = _ANSWER_MINUTES[tickets.severity] * rng.lognormal(-0.45, 0.75, count) * 60
    answered = tickets.created + wait.astype(np.int64)
    resolved = answered + (rng.lognormal(2.6, 1.0, count) * 3_600).astype(np.int64)
    last = block.calendar.now
    is_answered, is_resolved = answered <= last, (resolved <= last) & chance(rng, 0.95, count)
    kind = take(vocabulary.column("ticket_texts", "ticket_type"), tickets.template)
    is_bad = np.asarray(kind) == "complaint"
    score = 1 + np.where(is_bad, *(weighted(rng, shares, count) for shares in _SATISFACTION))
    opened = {
        "ticket_id": ids,
        "customer_name": name_texts(rng, tickets.people),
        "phone": known_phones(rng, tickets.people, 0.86),
        "email": known_emails(rng, tickets.people, 0.3),
        "contact_channel": take(_CHANNELS, weighted(rng, _CHANNEL_WEIGHTS, count)),
        "ticket_type": kind,
        "topic": take(vocabulary.column("ticket_texts", "topic"), tickets.template),
        "severity": take(_SEVERITIES, tickets.severity),
        "text": with_contact(rng, about_product(tickets.template, tickets.product), tickets.people),
        "region": tickets.people.provinces(),
        "agent_id": identifiers("A", rng.integers(1, 36, count), 3),
        "satisfaction": pa.nulls(count, pa.int64()),
        "created_at": _stamp(tickets.created),
        "first_response_at": pa.nulls(count, pa.string()),
        "resolved_at": pa.nulls(count, pa.string()),
        "updated_at": _stamp(tickets.created),
    }
    closed = {
        **opened,
        "satisfaction": only_where(is_resolved & chance(rng, 0.55, count), pa.array(score)),
        "first_response_at": _stamp(answered, is_answered),
        "resolved_at": _stamp(resolved, is_resolved),
        "updated_at": _stamp(np.where(is_resolved, resolved, answered), is_answered),
    }
    _write(block, tickets.created, pa.table(opened), pa.table(closed), is_answered, chance(rng, 0.35, count))


def _write(block: Block, created: Ints, opened: pa.Table, closed: pa.Table, is_answered: Flags, both: Flags) -> None:
    """Write files by year; a desk's export holds a ticket twice when it was exported while still open."""
    for suffix, rows in by_year(created, np.zeros(len(created), dtype=bool)):
        first = rows[both[rows] | ~is_answered[rows]]
        table = pa.concat_tables([opened.take(pa.array(first)), closed.take(pa.array(rows[is_answered[rows]]))])
        newest = suffix == str(np.datetime64(block.calendar.last, "D").astype("datetime64[Y]"))
        broken = _BROKEN if block.part == 0 and newest else ()
        block.landing.json_lines("service", f"tickets_{suffix}_{block.part:04d}.jsonl", table, broken)


def _draw(block: Block, rng: np.random.Generator) -> _Tickets:
    """Draw tickets of people who bought: in the weeks after an order, and a burst about one topic in one week."""
    kinds = vocabulary.column("ticket_texts", "ticket_type").to_pylist()
    orders = block.orders
    calm = int(len(block.people) * TICKETS_EACH) if len(orders) else 0
    chosen = rng.integers(0, max(len(orders), 1), calm)
    of_helped = np.flatnonzero(block.people.traits.is_helped[orders.buyer])
    if len(of_helped):
        chosen = np.where(chance(rng, _HELPED_SHARE, calm), rng.choice(of_helped, calm), chosen)
    left = block.people.habits.left[orders.buyer[chosen]]
    when = np.minimum(orders.at[chosen] / DAY_SECONDS + rng.exponential(6, calm), left)
    template = weighted(rng, np.array([_TYPE_WEIGHTS[kind] / kinds.count(kind) for kind in kinds]), calm)
    line_of_order = np.searchsorted(orders.baskets.order, chosen) if calm else chosen
    product = orders.baskets.product[line_of_order] if calm else chosen

    week = bad_week(block.calendar)
    is_lived = week >= block.calendar.first
    alive = np.flatnonzero((block.people.habits.orders > 0) & (block.people.habits.left > week + 7) & is_lived)
    burst = alive[chance(rng, _BURST_SHARE, len(alive))]
    topics = np.flatnonzero(np.asarray(vocabulary.column("ticket_texts", "topic")) == BURST_TOPIC)
    person = np.concatenate([orders.buyer[chosen], burst])
    template = np.concatenate([template, rng.choice(topics, len(burst))])
    product = np.concatenate([product, np.full(len(burst), _BURST_PRODUCT)])
    created = at_some_hour(rng, np.concatenate([when, week + rng.random(len(burst)) * 7]), block.calendar.last)
    severity = np.zeros(len(person), dtype=np.int64)
    for kind, shares in _SEVERITY_WEIGHTS.items():
        mine = np.asarray(kinds)[template] == kind
        severity[mine] = weighted(rng, np.array(shares), int(mine.sum()))
    order = np.argsort(created, kind="stable")
    return _Tickets(block.people.pick(person[order]), template[order], product[order], severity[order], created[order])


def _stamp(seconds: Ints, keep: Flags | None = None) -> pa.StringArray:
    return iso_text(moments(seconds, keep), _OFFSET)
