"""A plan is sent by the rules that it was published with, whatever the project's files say by then."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from exports.delivery.deliver import deliver
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import connect, writer_lock

CAP = "select 'marketing' as cap_class, 'ordinary' as value_tier, 7 as window_days"


def built_with(settings: Settings, seed: str, rows: str) -> None:
    """A warehouse that was built with other rows of a seed than the project has now."""
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema seeds")
        warehouse.execute(f"create table seeds.{seed} as {rows}")


def test_the_caps_of_the_publication_count(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    built_with(settings, "frequency_caps", f"{CAP}, 0 as max_messages")
    publish_plan([row(1)])
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"frequency_cap": 1}, [])


def test_the_lines_that_the_publication_lists_are_reached(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    built_with(settings, "channel_line_types", "select 'sms' as channel, 'landline' as line_type")
    publish_plan([row(1)])
    assert (deliver(settings, now).sent, tool.requests) == (0, [])


def test_a_published_row_that_makes_no_sense_is_named_and_nothing_is_sent(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    built_with(settings, "frequency_caps", f"{CAP}, 'some' as max_messages")
    publish_plan([row(1)])
    with pytest.raises(UserError, match=r"rules\.frequency_caps of publication 000001.*:2: a cap needs"):
        deliver(settings, now)
    assert tool.requests == []
