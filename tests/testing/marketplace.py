"""Makes up the small twin of a marketplace's export: the headers and habits of the real files, none of their rows."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TOWNS = [("sao paulo", "SP", "01310"), ("rio de janeiro", "RJ", "20031"), ("belo horizonte", "MG", "30140")]
STATUSES = ["delivered"] * 20 + ["shipped", "invoiced", "processing", "approved", "created", "canceled", "unavailable"]
WORDS = ["Recebi o produto", "tudo certo", "Fundos", "não gostei", 'veio "errado"', "ótimo; recomendo", "a, b, c"]
# The hour that occurred twice when summer time ended, and one that did not occur when it began.
ODD_HOURS = ["2018-02-17 23:30:00", "2018-02-17 23:59:59", "2017-10-15 00:30:00"]
HEADERS = {
    "customers": ["customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state"],
    "orders": [
        "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
        "order_delivered_carrier_date", "order_delivered_customer_date", "order_estimated_delivery_date",
    ],
    "order_items": [
        "order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date", "price", "freight_value",
    ],
    "order_payments": ["order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"],
    "order_reviews": [
        "review_id", "order_id", "review_score", "review_comment_title", "review_comment_message",
        "review_creation_date", "review_answer_timestamp",
    ],
}  # fmt: skip


@dataclass
class Marketplace:
    """The export as files of a folder.

    Attributes:
        folder: where the files are.
        people: how many persons are in it, one whose address is missing among them.
    """

    folder: Path
    people: int

    def rows(self, table: str) -> list[dict[str, str]]:
        """One file as a strict parser reads it."""
        with (self.folder / f"olist_{table}_dataset.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))


def write(folder: Path, people: int = 300, seed: int = 7) -> Marketplace:
    """Write the export of so many people, the same for a seed; every thirtieth buys twice.

    Args:
        folder: where the files go; it must exist.
        people: persons whose address is known.
        seed: what it all follows from.
    """
    draw = random.Random(seed)  # made-up data, no secret
    tables: dict[str, list[Sequence[Any]]] = {name: [] for name in HEADERS}
    for person in range(people):
        for _ in range(2 if person % 30 == 0 else 1):
            _buy(draw, tables, f"u{person:05}")
    # an order whose address is missing, one that nobody was asked to pay, and one that holds nothing
    _buy(draw, tables, None)
    tables["order_payments"] = [row for row in tables["order_payments"] if row[0] != tables["orders"][3][0]]
    empty = next(row[0] for row in tables["orders"] if row[2] == "unavailable")
    for name in ("order_items", "order_payments"):
        tables[name] = [row for row in tables[name] if row[0] != empty]
    for name, rows in tables.items():
        with (folder / f"olist_{name}_dataset.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL if name == "order_reviews" else csv.QUOTE_MINIMAL)
            writer.writerow(HEADERS[name])
            writer.writerows(rows)
    return Marketplace(folder, people + 1)


def _buy(draw: random.Random, tables: dict[str, list[Sequence[Any]]], person: str | None) -> None:
    number = len(tables["orders"])
    order, address = f"o{number:06}", f"a{number:06}"
    bought = datetime(2017, 1, 1) + timedelta(minutes=draw.randrange(600 * 24 * 60))
    moment = ODD_HOURS[number] if number < len(ODD_HOURS) else f"{bought:%Y-%m-%d %H:%M:%S}"
    status = draw.choice(STATUSES) if number > len(ODD_HOURS) else "delivered"
    if person is not None:
        town, state, postcode = draw.choice(TOWNS)
        tables["customers"].append([address, person, postcode, town, state])
    later = f"{bought + timedelta(days=9):%Y-%m-%d %H:%M:%S}"
    approved = "" if status == "created" else moment
    tables["orders"].append([order, address, status, moment, approved, "", "", later])
    total = 0
    for line in range(1, draw.choice([1, 1, 1, 2, 3]) + 1):
        price, freight = draw.randrange(500, 40_000), draw.randrange(0, 3_000)
        total += price + freight
        product = f"p{draw.randrange(50)}"
        tables["order_items"].append([order, line, product, "s1", later, _money(price), _money(freight)])
    for sequence, part in enumerate(_parts(draw, total), start=1):
        kind = draw.choice(["credit_card", "boleto", "voucher"])
        tables["order_payments"].append([order, sequence, kind, 1, _money(part)])
    if draw.random() < 0.8:
        text = draw.choice(["\n", "\r\n", " "]).join(draw.choices(WORDS, k=draw.randrange(0, 4)))
        # one review may speak of two orders
        review = f"r{number // 2:06}" if number % 50 == 1 else f"r{number:06}x"
        tables["order_reviews"].append([review, order, draw.randrange(1, 6), "", text, later, later])


def _parts(draw: random.Random, total: int) -> Iterator[int]:
    if draw.random() < 0.1:
        yield total // 3
        total -= total // 3
    yield total


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
