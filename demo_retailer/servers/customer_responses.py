"""Plays the messaging tools and the customers: receipts for what was sent, and orders of those it moved."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from demo_retailer.channels.shop import just_paid, order_table
from demo_retailer.landing_files import Landing
from demo_retailer.people.purchases import Orders, fill_baskets
from demo_retailer.seeded_draws import stream
from demo_retailer.servers.answering_habits import ANYBODY, Answers, answers_of
from demo_retailer.servers.messaging_tool import received
from demo_retailer.world import read_manifest, truth_path
from stores.duckdb_connection import open_scratch
from stores.settings import Settings

_LOG = logging.getLogger(__name__)
_DELIVERED, _CLICKED = 0.97, 0.35
_REPEATED, _REVERSED = 0.04, 0.06
_ORDERED_AFTER = 60  # seconds from a message's arrival, later than the last receipt


@dataclass(frozen=True)
class Responses:
    """What came back: deliveries answered, receipt events written, orders placed, and the receipts file if any."""

    deliveries: int
    events: int
    orders: int
    file: Path | None


@dataclass(frozen=True)
class _Delivery:
    delivery_id: str
    customer_id: str | None
    received_at: datetime
    tells_opens: bool
    likes: Answers = ANYBODY

    def draw(self, seed: int, purpose: str) -> float:
        """A number in [0, 1) that depends on the delivery, the purpose and the seed only."""
        digest = hashlib.blake2b(f"{seed}:{self.delivery_id}:{purpose}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64


def respond(settings: Settings, seed: int | None = None) -> Responses:
    """Answer every delivery that has not been answered: webhooks received, and complete files in `outbox/app_push`.

    Writes `landing/receipts/receipts_<n>.jsonl` and, for the customers who buy a minute after their message,
    `landing/shop/orders_followup_<n>.parquet`. What happens to a delivery depends on its id, the seed and the hidden
    traits of who gets it; a call
    that died in the middle is made good by the next one, with the same event and order ids.

    Args:
        settings: whose deliveries.
        seed: the demo world's seed by default.
    """
    manifest = read_manifest(settings)
    chosen = seed if seed is not None else (manifest.seed if manifest else 0)
    ledger = settings.home / "demo" / "messaging" / "answered.txt"
    answered = set(_lines(ledger))
    deliveries = {delivery.delivery_id: delivery for delivery in (*_by_webhook(settings), *_by_file(settings))}
    fresh = [deliveries[key] for key in sorted(deliveries) if key not in answered]
    people = answers_of(settings, {one.customer_id for one in fresh if one.customer_id})
    fresh = [replace(one, likes=people.get(one.customer_id or "", ANYBODY)) for one in fresh]
    if not fresh:
        return Responses(0, 0, 0, None)
    number = _next_number(settings.landing / "receipts")
    landing = Landing(settings.landing)
    buyers = [delivery for delivery in fresh if _buys(delivery, chosen)]
    if buyers:
        orders = _follow_ups(buyers, chosen, settings.now())
        landing.parquet("shop", f"orders_followup_{number:04d}.parquet", orders)
    events = [event for delivery in fresh for event in _events(delivery, chosen)]
    name = f"receipts_{number:04d}.jsonl"
    with landing.file("receipts", name) as path, path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a", encoding="utf-8") as file:
        file.writelines(f"{delivery.delivery_id}\n" for delivery in fresh)
    _LOG.info("Messaging tools answered for %d deliveries, %d customers ordered", len(fresh), len(buyers))
    return Responses(len(fresh), len(events), len(buyers), settings.landing / "receipts" / name)


def _by_webhook(settings: Settings) -> list[_Delivery]:
    return [
        _Delivery(
            str(note["delivery_id"]),
            note["customer_id"],
            datetime.fromisoformat(str(note["received_at"])),
            tells_opens=False,  # text messages
        )
        for note in received(settings)
    ]


def _by_file(settings: Settings) -> list[_Delivery]:
    """Deliveries of the files that have their manifest; the people behind app users are looked up in the truth."""
    folder = settings.outbox / "app_push"
    files = [path for path in sorted(folder.glob("*.csv")) if path.with_suffix(".manifest.json").exists()]
    if not files:
        return []
    with open_scratch() as connection:
        names = [str(path) for path in files]
        connection.execute("create table sent as from read_csv(?, all_varchar = true, header = true)", [names])
        if truth_path(settings).exists():
            connection.register("truth", connection.read_parquet(str(truth_path(settings))))
        else:
            connection.execute("create table truth (channel varchar, native_id varchar, person_id bigint)")
        rows = connection.execute(
            """
            select sent.delivery_id, min(account.native_id)
            from sent
            left join truth as app_user on app_user.channel = 'app' and app_user.native_id = sent.app_user_id
            left join truth as account on account.channel = 'shop' and account.person_id = app_user.person_id
            group by sent.delivery_id
            """
        ).fetchall()
    now = settings.now()
    return [_Delivery(delivery_id, customer_id, now, tells_opens=True) for delivery_id, customer_id in rows]


def _buys(delivery: _Delivery, seed: int) -> bool:
    is_delivered = delivery.draw(seed, "delivered") < _DELIVERED
    return is_delivered and delivery.customer_id is not None and delivery.draw(seed, "ordered") < delivery.likes.orders


def _events(delivery: _Delivery, seed: int) -> list[dict[str, str | None]]:
    """The receipts of one delivery, now and then twice or in the wrong order, as real tools send them."""

    def happens(event: str, share: float) -> bool:
        return delivery.draw(seed, event) < share

    story: list[tuple[str, str | None, int]] = [("sent", None, 1)]
    if not happens("delivered", _DELIVERED):
        story.append(
            ("bounced", "number_not_in_service", 3) if happens("bounced", 0.6) else ("failed", "handset_off", 9)
        )
    else:
        story.append(("delivered", None, 3))
        if happens("opened", delivery.likes.opens) or _buys(delivery, seed):
            if delivery.tells_opens:
                story.append(("opened", None, 12))
            if happens("clicked", _CLICKED) or _buys(delivery, seed):
                story.append(("clicked", "https://shop.example.com/campaign", 20))
        if happens("unsubscribed", delivery.likes.unsubscribes):
            story.append(("unsubscribed", "reply_R", 30))
        if happens("complained", delivery.likes.complains):
            story.append(("complained", "reported_as_spam", 40))
    receipts = [
        {
            "event_id": hashlib.blake2b(f"{delivery.delivery_id}:{event}".encode(), digest_size=10).hexdigest(),
            "delivery_id": delivery.delivery_id,
            "event": event,
            "detail": detail,
            "occurred_at": (delivery.received_at + timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        }
        for event, detail, seconds in story
    ]
    if happens("repeated", _REPEATED):
        receipts.append(receipts[0])
    return receipts[::-1] if happens("reversed", _REVERSED) else receipts


def _follow_ups(buyers: list[_Delivery], seed: int, now: datetime) -> pa.Table:
    """One paid order for each buyer, placed shortly after the message was clicked."""
    arrived = [np.datetime64(buyer.received_at.replace(tzinfo=None), "s") for buyer in buyers]
    at = np.array(arrived).astype(np.int64) + _ORDERED_AFTER
    coupon = np.zeros(len(buyers), dtype=np.int64)
    baskets = fill_baskets(stream(seed, f"follow-up of {buyers[0].delivery_id}"), coupon)
    count = len(buyers)
    total = np.bincount(baskets.order, weights=baskets.amount, minlength=count).astype(np.int64)
    online = np.zeros(count, dtype=bool)
    orders = Orders(np.arange(count), np.arange(count), at, online, coupon, total, baskets)
    digests = [hashlib.blake2b(f"order:{buyer.delivery_id}".encode(), digest_size=6).hexdigest() for buyer in buyers]
    ids = pa.array([f"SO{now:%Y%m%d}{digest.upper()}" for digest in digests])
    customer_ids = pa.array([str(buyer.customer_id) for buyer in buyers])
    return order_table(orders, ids, customer_ids, just_paid(at))


def _next_number(folder: Path) -> int:
    numbers = [path.stem.rpartition("_")[2] for path in folder.glob("receipts_*.jsonl")]
    return max((int(number) for number in numbers if number.isdigit()), default=0) + 1


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
