"""A small retailer's days: every day a few rows of every channel, new, late and corrected, and some days nothing."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from tests.testing.dbt.tiny_lake import TinyLake
from tests.testing.dbt.tiny_rows import person

Row = dict[str, Any]
Tables = dict[str, list[Row]]
PEOPLE = 24
_CHANNELS = (
    "shop", "pos", "app", "web", "loyalty", "service", "wecom", "surveys", "exhibitions", "activities", "operations",
)  # fmt: skip
# Days ago at which rules have their edges: today, and the windows of 30, 180 and 365 days.
_EDGES = (0, 0, 0, 30, 90, 180, 365)


class RandomDays:
    """Writes the loads of one day after the other.

    Args:
        lake: an empty lake.
        seed: another seed, other days.
    """

    def __init__(self, lake: TinyLake, seed: int) -> None:
        self._lake, self._draw = lake, random.Random(seed)
        self._load_number, self._serial = 1000, 0
        self._known: dict[str, list[str]] = {}

    def live(self, day: date, rows: int) -> None:
        """Write what a day brings; `rows` of each kind, on average."""
        for channel in _CHANNELS:
            tables: Tables = getattr(self, f"_{channel}")(day, rows)
            if tables := {name: found for name, found in tables.items() if found}:
                self._load_number += 1
                self._lake.load(channel, f"{self._load_number}.5", tables)

    def _some(self, rows: int) -> range:
        return range(self._draw.randint(0, 2 * rows))

    def _id(self, kind: str, again: float = 0.3) -> str:
        """The id of a new thing, or of one that is there and gets corrected."""
        known = self._known.setdefault(kind, [])
        if known and self._draw.random() < again:
            return self._draw.choice(known)
        self._serial += 1
        known.append(f"{kind}{self._serial}")
        return known[-1]

    def _at(self, day: date) -> str:
        """A moment: mostly today or near an edge of a rule, sometimes in the days that come."""
        ago = self._draw.choice(_EDGES) + self._draw.randint(-3, 3)
        moment = datetime(day.year, day.month, day.day, self._draw.randint(0, 23)) - timedelta(days=ago)
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    def _at_or_never(self, day: date) -> str | None:
        """A moment, or none: a time that cannot be read, also where the version before had one."""
        return self._at(day) if self._draw.random() < 0.85 else None

    def _someone(self) -> int:
        return self._draw.randrange(PEOPLE)

    def _identity(self, *kinds: str) -> Row:
        """Identifiers, mostly of one person; a phone of somebody else merges, the own one again separates."""
        one = self._someone()
        found: Row = {}
        for kind in kinds:
            who = self._someone() if self._draw.random() < 0.1 else one
            if self._draw.random() < 0.85:
                token = f"{'name' if 'name' in kind else kind[:4].replace('mobi', 'phon')}-{who}"
                found |= person(token, kind)
        return found

    def _shop(self, day: date, rows: int) -> Tables:
        customers = [
            {
                "customer_id": f"S{self._someone()}", **self._identity("mobile", "email", "name"),
                "city": self._draw.choice(["杭州市", "北京", None]), "sms_opt_in": self._draw.random() < 0.6,
                "email_opt_in": self._draw.random() < 0.6, "is_test": self._draw.random() < 0.08,
                "registered_at": self._at(day), "updated_at": f"{day} 08:00:00",
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        orders = [
            {
                "order_id": self._id("O"), "customer_id": self._draw.choice([f"S{self._someone()}", None, "guest"]),
                "status": self._draw.choice(["paid", "completed", "refunded", "cancelled", "odd"]),
                "currency": self._draw.choice(["CNY", "CNY", "CNY", "￥￥"]),
                "total_amount": self._draw.randint(-20, 500),
                "refund_amount": self._draw.choice([None, None, 10]), "created_at": self._at(day),
                "paid_at": self._draw.choice([None, self._at(day)]),
                "refunded_at": self._draw.choice([None, self._at(day)]), "updated_at": self._at(day),
            }
            for _ in self._some(rows * 2)
        ]  # fmt: skip
        lines = [
            {
                "order_id": order["order_id"],
                "line_no": line,
                "sku": "A1",
                "amount": 10,
                "updated_at": order["updated_at"],
            }
            for order in orders
            for line in range(1, self._draw.randint(2, 4))
        ]
        return {"customers": customers, "orders": orders, "order_lines": lines}

    def _pos(self, day: date, rows: int) -> Tables:
        customers = [
            {
                "pos_customer_id": f"P{self._someone()}", **self._identity("phone", "name"),
                "member_no": self._draw.choice([None, f"M{self._someone()}"]), "sms_opt_in": self._draw.random() < 0.6,
                "registered_at": self._at(day), "updated_at": f"{day} 09:00:00",
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        sales = [
            {
                "sale_id": self._id("R"), "pos_customer_id": f"P{self._someone()}", "sold_at": self._at(day),
                "total_amount": self._draw.randint(1, 300), "updated_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        refunds = [
            # a refund may come before its sale, be a sale's that is not there, or be corrected to another sale's
            {
                "sale_id": self._id("F"), "pos_customer_id": f"P{self._someone()}", "refund_of": self._id("R"),
                "total_amount": -self._draw.randint(1, 300), "sold_at": self._at(day), "updated_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        return {"customers": customers, "sales": sales + refunds, "sale_lines": []}

    def _app(self, day: date, rows: int) -> Tables:
        users = [
            {
                "app_user_id": f"A{self._someone()}", "device_id": f"D{self._someone()}", **self._identity("phone"),
                "push_opt_in": self._draw.random() < 0.6, "registered_at": self._at(day),
                "updated_at": f"{day} 07:00:00",
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        events = [
            {"event_id": self._id("E"), "app_user_id": f"A{self._someone()}", "event_name": "open",
             "occurred_at": self._at_or_never(day)}
            for _ in self._some(rows * 3)
        ]  # fmt: skip
        return {"users": users, "events": _once(events, "event_id")}

    def _web(self, day: date, rows: int) -> Tables:
        events = [
            {
                "event_id": self._id("W"), "cookie_id": f"C{self._someone()}", "event_name": "view", "url": "/tea",
                "shop_customer_id": self._draw.choice([None, None, f"S{self._someone()}"]),
                "occurred_at": self._at(day),
            }
            for _ in self._some(rows * 2)
        ]  # fmt: skip
        return {"events": _once(events, "event_id")}

    def _loyalty(self, day: date, rows: int) -> Tables:
        members = [
            {
                "member_no": f"M{self._someone()}", **self._identity("phone", "name"),
                "sms_opt_in": self._draw.random() < 0.6, "joined_at": self._at(day), "updated_at": f"{day} 06:00:00",
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        points = [
            {
                "entry_id": self._id("L"), "member_no": f"M{self._someone()}",
                "kind": self._draw.choice(["earn", "redeem", "what"]), "points": self._draw.randint(1, 99),
                "occurred_at": self._at(day), "updated_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        return {"members": members, "points": points}

    def _service(self, day: date, rows: int) -> Tables:
        tickets = [
            {
                "ticket_id": self._id("T"), **self._identity("phone"), "contact_channel": "hotline",
                "ticket_type": "complaint", "severity": "P1", "text": "…", "created_at": self._at_or_never(day),
                "updated_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        return {"tickets": tickets}

    def _wecom(self, day: date, rows: int) -> Tables:
        contacts = [
            {
                "external_userid": f"X{self._someone()}", "follow_userid": "staff", **self._identity("mobile"),
                "created_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        members = [
            # whoever leaves as a customer may come again as staff, who join no group as customers
            {"chat_id": f"G{self._draw.randrange(2)}", "userid": f"X{self._draw.randrange(4)}",
             "member_type": self._draw.choice([1, 2]), "joined_at": self._at(day)}
            for _ in self._some(rows)
        ]  # fmt: skip
        groups = [
            {"chat_id": f"G{number}", "name": self._draw.choice(["茶友", "新茶"]), "created_at": self._at(day)}
            for number in {self._draw.randrange(2) for _ in self._some(1)}
        ]
        return {"contacts": contacts, "group_members": members, "groups": groups}

    def _surveys(self, day: date, rows: int) -> Tables:
        responses = [
            {
                "response_id": self._id("Q"), "scene": "交付", **self._identity("phone"), "nps": 9,
                "is_anonymous": False, "answered_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        return {"responses": responses}

    def _exhibitions(self, day: date, rows: int) -> Tables:
        leads = [
            {
                "lead_no": self._id("L"), **self._identity("phone", "email", "name"),
                "sms_opt_in": self._draw.random() < 0.6, "registered_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        return {"leads": leads}

    def _activities(self, day: date, rows: int) -> Tables:
        registrations = [
            {
                "registration_id": self._id("N", again=0.8), "activity_name": "茶会", **self._identity("phone", "name"),
                "confirmed_at": self._at_or_never(day), "attended_at": self._draw.choice([None, self._at(day)]),
                "updated_at": f"{day} 10:00:00",
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        return {"registrations": registrations}

    def _operations(self, day: date, rows: int) -> Tables:
        consents = [
            {
                "identifier_type": "phone", "identifier_token": f"phon-{self._someone()}", "channel": "sms",
                "purpose": self._draw.choice(["marketing", "marketing", "profiling"]),
                "granted": self._draw.random() < 0.5, "source": self._draw.choice(["app", "shop"]),
                "changed_at": self._at(day), "updated_at": self._at(day),
            }
            for _ in self._some(rows)
        ]  # fmt: skip
        decisions = [
            {
                "decision_id": f"d_{number}", "decision": "separate" if number % 2 else "join",
                "left_profile_id": f"pos:P{number}", "right_profile_id": f"shop:S{number}",
                "reason": self._draw.choice(["mother", "daughter"]), "decided_by": "steward",
                "is_active": self._draw.random() < 0.6, "decided_at": f"{day} 05:00:00",
                "updated_at": f"{day} 05:00:00",
            }
            for number in {self._draw.randrange(PEOPLE) for _ in self._some(1)}
        ]  # fmt: skip
        return {"consents": consents, "identity_decisions": decisions}


def _once(rows: list[Row], key: str) -> list[Row]:
    """One row per key: two versions in one load would have no order."""
    return list({row[key]: row for row in rows}.values())
