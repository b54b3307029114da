"""Changes within the hour that occurs twice: the one that arrived last is the newest, whatever the clock showed."""

from __future__ import annotations

import datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import pytz
from jinja2.sandbox import SandboxedEnvironment

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "repeated_hours.sql"
# In each zone: a change before the hour, one late in its first pass, one early in its second, in the order of arrival.
CHANGES = {
    "Europe/Berlin": ("2026-10-25 01:59", "2026-10-25 02:50", "2026-10-25 02:10"),
    "America/Sao_Paulo": ("2018-02-17 22:59", "2018-02-17 23:50", "2018-02-17 23:10"),
    "Australia/Lord_Howe": ("2026-04-05 01:29", "2026-04-05 01:50", "2026-04-05 01:35"),
}


class Returned(Exception):
    """What a macro gives back, as dbt's `return` does."""


def environment_of(zone: str) -> SandboxedEnvironment:
    """What a macro sees in a business time zone."""

    def give_back(value: Any) -> None:
        raise Returned(value)

    environment = SandboxedEnvironment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "modules": SimpleNamespace(pytz=pytz, datetime=datetime), "business_timezone": lambda: zone,
        "return": give_back,
    }  # fmt: skip
    return environment


def hours_of(zone: str) -> Any:
    """The hours that occur twice, as the macro gives them."""
    hours, _ = MACROS.read_text(encoding="utf-8").split("{# A time to order changes by")
    try:
        environment_of(zone).from_string(hours).module.repeated_hours()  # type: ignore[attr-defined]
    except Returned as returned:
        return returned.args[0]
    raise AssertionError("the macro returned nothing")


def change_order(zone: str, column: str, macro: str = "change_order") -> str:
    """The macro's SQL in a business time zone."""
    _, order = MACROS.read_text(encoding="utf-8").split("{# A time to order changes by")
    environment = environment_of(zone)
    environment.globals["repeated_hours"] = lambda: hours_of(zone)
    return str(getattr(environment.from_string("{#" + order).module, macro)(column)).strip()


@pytest.mark.parametrize("zone", ["Asia/Gaza", "Antarctica/Troll"])
def test_the_hours_are_those_of_the_zone_wherever_in_day_or_week_they_lie(zone: str) -> None:
    known = pytz.timezone(zone)
    changes = list(zip(known._utc_transition_times, [info[0] for info in known._transition_info], strict=True))
    back = [
        (moment + after, moment + before)
        for (_, before), (moment, after) in pairwise(changes)
        if after < before and 2000 <= moment.year < 2037
    ]
    assert [hour for hour in hours_of(zone) if hour[0].year < 2037] == back


@pytest.mark.parametrize("zone", CHANGES)
def test_in_the_hour_that_occurs_twice_the_change_that_arrived_last_is_the_newest(zone: str) -> None:
    rows = ", ".join(f"({load}, timestamp '{moment}')" for load, moment in enumerate(CHANGES[zone], start=1))
    order = f"{change_order(zone, 'changed')} desc, load desc"
    with duckdb.connect() as connection:
        found = connection.execute(f"select load from (values {rows}) as t (load, changed) order by {order}")
        assert found.fetchall() == [(3,), (2,), (1,)]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "Asia/Kolkata"])
def test_where_clocks_are_never_set_back_nothing_is_rewritten(zone: str) -> None:
    assert change_order(zone, "updated_at") == "updated_at"
    assert change_order(zone, "updated_at", "in_repeated_hour") == "false"
