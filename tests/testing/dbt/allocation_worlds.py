"""Made-up candidates that compete for limits, and what a plain planner and an exact solver make of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import duckdb
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

PASSES = tuple(f"int_allocation_pass_{number}" for number in range(1, 9))
# Each limit with what its room belongs to; a budget takes the cost of a message, every other limit one.
LIMITS = {
    "frequency_cap": ("customer_key", "cap_class"),
    "channel_cap": ("customer_key", "channel"),
    "programme_cap": ("customer_key", "campaign_key"),
    "total_cap": ("customer_key",),
    "fatigue": ("customer_key",),
    "daily_limit": ("campaign_key",),
    "offer_stock": ("campaign_key",),
    "budget": ("campaign_key",),
    "destination_limit": ("destination",),
    "employee_capacity": ("channel", "employee"),
}
_FIRST_REASONS = {"message": "other_channel_preferred", "address": "same_recipient"}
CHANNELS = {"sms": 0.1, "email": 0.002, "app_push": 0.0}
# An employee passes on the messages of this channel.
THROUGH_EMPLOYEES = "app_push"
_OF_CANDIDATES = ("place", "offer_key", "customer_key", "employee", "has_recipient_had_it", "expected_value",
                  "room_frequency_cap", "room_channel_cap", "room_programme_cap", "room_total_cap", "room_fatigue",
                  "room_employee_capacity")  # fmt: skip
_OF_OFFERS = ("offer_key", "campaign_key", "channel", "destination", "cap_class", "is_approved", "has_other_channels",
              "cost", "room_daily_limit", "room_offer_stock", "room_budget", "room_destination_limit")  # fmt: skip
_TYPES = {"place": "bigint", "message_key": "bigint", "customer_key": "bigint", "address_key": "bigint",
          "has_other_channels": "boolean", "cost": "decimal(18, 6)", "room_budget": "decimal(18, 6)",
          "expected_value": "double",
          "is_approved": "boolean", "has_recipient_had_it": "boolean", "channel": "text", "destination": "text",
          "employee": "text",
          "cap_class": "text", "campaign_id": "text", "customer_id": "text"}  # fmt: skip
Option = dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """What one message takes of one limit."""

    of: tuple[Any, ...]
    room: float
    amount: float


def world(seed: int, customers: int = 40, campaigns: int = 6, priorities: int = 1) -> list[Option]:
    """Candidates in the order of their places, of campaigns with scarce limits of every kind.

    Args:
        seed: of the random numbers.
        customers: how many; a tenth share an address with another one.
        campaigns: how many; each has one to three channels.
        priorities: different priorities of campaigns.
    """
    draw = np.random.default_rng(seed)
    scarcity = draw.uniform(0, 0.9)
    scores = draw.uniform(1, 100, customers)
    classes = ("marketing", "onboarding")
    of_customers = [
        {
            "frequency_cap": {one: int(draw.integers(0, 4)) for one in classes},
            "channel_cap": {one: int(draw.integers(0, 3)) for one in CHANNELS},
            "total_cap": int(draw.integers(1, 4)),
            "fatigue": int(draw.integers(0, 2)) if draw.random() < 0.2 else None,
        }
        for _ in range(customers)
    ]
    tools = {one: _room(draw, scarcity + 0.1, 5, 2 * customers) for one in CHANNELS}
    employees = [_room(draw, scarcity, 1, customers) for _ in range(4)]
    shares_address = draw.random(customers) < 0.1
    found: list[tuple[Any, ...]] = []
    for campaign in range(campaigns):
        worth, priority = draw.uniform(0.5, 3), int(draw.integers(0, priorities))
        cap_class = classes[draw.integers(0, 2)]
        order = draw.permutation(list(CHANNELS))[: draw.integers(1, 4)]
        rooms = {
            "daily_limit": _room(draw, scarcity, 1, customers),
            "offer_stock": _room(draw, scarcity, 1, customers),
            "budget": float(draw.uniform(0.1, customers * 0.08)) if draw.random() < scarcity else None,
        }
        for customer in np.flatnonzero(draw.random(customers) < 0.75):
            value = float(worth * scores[customer] / 50)
            limits = of_customers[customer]
            for position, channel in enumerate(order):
                if draw.random() < 0.2:
                    continue
                employee = int(customer) % len(employees) if channel == THROUGH_EMPLOYEES else None
                option = {
                    "offer_id": int(campaign * customers + customer), "customer_key": int(customer),
                    "campaign_key": campaign, "channel": str(channel), "destination": f"tool_{channel}",
                    "employee": None if employee is None else f"staff_{employee}",
                    "cap_class": cap_class, "cost": CHANNELS[channel], "expected_value": value,
                    "priority": priority, "is_approved": True, "has_recipient_had_it": False,
                    "offer_key": campaign * len(CHANNELS) + position, "has_other_channels": len(order) > 1,
                    "address_id": campaign * customers + int(customer) // 2 if shares_address[customer] else None,
                    "room_frequency_cap": limits["frequency_cap"][cap_class],
                    "room_channel_cap": limits["channel_cap"][str(channel)], "room_programme_cap": 2,
                    "room_total_cap": limits["total_cap"], "room_fatigue": limits["fatigue"],
                    "room_destination_limit": tools[str(channel)],
                    "room_employee_capacity": None if employee is None else employees[employee],
                    **{f"room_{name}": room for name, room in rooms.items()},
                }  # fmt: skip
                found.append(((-priority, -value, customer, campaign, position), option))
    return [{"place": place, **option} for place, (_, option) in enumerate(sorted(found, key=lambda one: one[0]), 1)]


def load(connection: duckdb.DuckDBPyConnection, options: list[Option]) -> None:
    """Write the candidates, and the limits of their offers, as the tables that the passes read."""
    offers = {
        option["offer_key"]: {
            **{name: option[name] for name in _OF_OFFERS},
            "campaign_id": option.get("campaign_id", str(option["campaign_key"])),
            "message_key": crc32(f"{option['campaign_key']} {option.get('step', 1)}".encode()) << 31,
        }
        for option in options
    }
    candidates = [
        {**{name: option[name] for name in _OF_CANDIDATES}, "address_key": option["address_id"]} for option in options
    ]
    _write(connection, "int_offer_limits", list(offers.values()))
    _write(connection, "int_campaign_options", candidates)


def _write(connection: duckdb.DuckDBPyConnection, table: str, rows: list[Option]) -> None:
    kinds = ", ".join(f"{name} {_TYPES.get(name, 'int')}" for name in rows[0])
    connection.execute(f"create or replace table intermediate.{table} ({kinds})")
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"insert into intermediate.{table} values ({marks})", [list(row.values()) for row in rows])


def granted(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """The places that the passes granted."""
    union = " union all ".join(f"select place from intermediate.{one} where is_granted" for one in PASSES)
    return [place for (place,) in connection.execute(f"{union} order by place").fetchall()]


def takes(option: Option) -> Iterator[Taken]:
    """What a message takes: of its limits, of its campaign's step for the customer, and of a shared address."""
    yield Taken(("message", option["offer_id"]), 1, 1)
    if option["address_id"] is not None:
        yield Taken(("address", option["address_id"]), 1, 1)
    for name, keys in LIMITS.items():
        if option[f"room_{name}"] is not None:
            amount = option["cost"] if name == "budget" else 1
            yield Taken((name, *(option[key] for key in keys)), option[f"room_{name}"], amount)


def one_after_the_other(options: list[Option]) -> list[int]:
    """The places that somebody grants who goes through all candidates, and gives each what still fits."""
    used: dict[tuple[Any, ...], float] = defaultdict(float)
    found = []
    for option in options:
        wanted = list(takes(option))
        if all(used[one.of] + one.amount <= one.room + 1e-9 for one in wanted):
            found.append(option["place"])
            for one in wanted:
                used[one.of] += one.amount
    return found


def reasons_one_after_the_other(options: list[Option]) -> dict[int, list[str]]:
    """What stands against each place when somebody goes through all candidates and gives each what still fits."""
    used: dict[tuple[Any, ...], float] = defaultdict(float)
    found = {}
    for option in options:
        wanted = list(takes(option))
        full = [str(one.of[0]) for one in wanted if used[one.of] + one.amount > one.room + 1e-9]
        if not full:
            for one in wanted:
                used[one.of] += one.amount
        first = next((reason for key, reason in _FIRST_REASONS.items() if key in full), None)
        found[option["place"]] = [first] if first else full
    return found


def broken(options: list[Option], places: list[int]) -> list[tuple[Any, ...]]:
    """The limits that messages at these places exceed together."""
    used: dict[tuple[Any, ...], float] = defaultdict(float)
    rooms: dict[tuple[Any, ...], float] = {}
    for place in places:
        for one in takes(options[place - 1]):
            used[one.of] += one.amount
            rooms[one.of] = one.room
    return [of for of, amount in used.items() if amount > rooms[of] + 1e-9]


def worth(options: list[Option], places: list[int]) -> list[float]:
    """The value of messages at these places by priority, the highest first."""
    sums = {option["priority"]: 0.0 for option in options}
    for place in places:
        sums[options[place - 1]["priority"]] += options[place - 1]["expected_value"]
    return [sums[priority] for priority in sorted(sums, reverse=True)]


def optimum(options: list[Option]) -> list[float]:
    """The largest value that any choice within all limits has, by priority, by scipy's exact solver.

    Priorities come first: the value of one is the largest that there is beside the largest values of all above it.
    """
    rows: dict[tuple[Any, ...], int] = {}
    rooms: list[float] = []
    row_numbers, columns, amounts = [], [], []
    for column, option in enumerate(options):
        for one in takes(option):
            if one.of not in rows:
                rows[one.of] = len(rooms)
                rooms.append(one.room)
            row_numbers.append(rows[one.of])
            columns.append(column)
            amounts.append(one.amount)
    limits = coo_matrix((amounts, (row_numbers, columns)), shape=(len(rooms), len(options))).tocsr()
    values = np.array([option["expected_value"] for option in options])
    priorities = np.array([option["priority"] for option in options])
    constraints, found = [LinearConstraint(limits, -np.inf, np.array(rooms))], []
    for priority in sorted(set(priorities), reverse=True):
        of_priority = np.where(priorities == priority, values, 0)
        solved = milp(-of_priority, constraints=constraints, integrality=np.ones(len(options)), bounds=Bounds(0, 1))
        assert solved.fun is not None, solved.message
        found.append(float(-solved.fun))
        # a hair less, since the solver adds in floating point
        constraints.append(LinearConstraint(of_priority.reshape(1, -1), found[-1] * (1 - 1e-6) - 1e-4, np.inf))
    return found


def _room(draw: np.random.Generator, chance: float, least: int, most: int) -> int | None:
    return int(draw.integers(least, most)) if draw.random() < chance else None
