"""Nobody gets more messages than the limits allow, whatever two planners, lost answers and later plans do."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.policy.message_limits import Slot, limits_of
from stores.errors import UserError
from stores.operations import deliveries, engine, reading
from stores.settings import Settings
from stores.warehouse import connect, writer_lock

SHANGHAI = ZoneInfo("Asia/Shanghai")
_COLUMNS = ("limit_name", "channel", "max_messages", "window_days", "per_calendar_month")
CHANNEL, PROGRAMME, ALL, MONTH = (
    dict(zip(_COLUMNS, values, strict=True))
    for values in (
        ("channel_cap", "sms", "2", "7", "false"),
        ("programme_cap", "", "3", "10", "false"),
        ("total_cap", "", "3", "7", "false"),
        ("channel_cap", "app_push", "5", "31", "true"),
    )
)
HIGH = json.dumps({"city": "上海", "days_since_purchase": 3, "stage": "active", "value_tier": "high"})


def built_with(settings: Settings, *limits: dict[str, str]) -> None:
    """A warehouse that was built with these limits, and a frequency cap that leaves them room."""
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema seeds")
        columns = ", ".join(f"{name} varchar" for name in _COLUMNS)
        warehouse.execute(f"create table seeds.message_limits ({columns})")
        warehouse.executemany(
            "insert into seeds.message_limits values (?, ?, ?, ?, ?)", [[*one.values()] for one in limits]
        )
        warehouse.execute(
            "create table seeds.frequency_caps as"
            " select 'marketing' as cap_class, 'high' as value_tier, 4 as max_messages, 7 as window_days"
        )


@pytest.mark.parametrize(
    ("limit", "second", "reason"),
    [
        (CHANNEL | {"max_messages": "1"}, {}, "channel_cap"),
        (PROGRAMME | {"max_messages": "1"}, {"channel": "app_push"}, "programme_cap"),
        (ALL | {"max_messages": "1"}, {"campaign_id": "new_customer_welcome"}, "total_cap"),
    ],
)
def test_a_message_beyond_a_limit_waits_until_there_is_room(
    limit: dict[str, str], second: dict[str, Any], reason: str,
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
) -> None:  # fmt: skip
    built_with(settings, limit)
    publish_plan([row(1, fields=HIGH), row(1, fields=HIGH, value_score=0.0, occurrence="2026-05", **second)])
    report = deliver(settings, now)
    assert (report.sent, report.held) == (1, {reason: 1})
    with reading(engine(settings)) as connection:
        until = connection.execute(select(deliveries.c.held_until).where(deliveries.c.state == "held")).scalar_one()
    assert until == datetime(2026, 6, 30) + timedelta(days=int(limit["window_days"]), hours=-8)


def test_a_limit_of_a_calendar_month_is_free_again_on_the_first() -> None:
    (limit,) = limits_of([MONTH], "message_limits.csv").of("app_push")
    slot = Slot("marketing", "app_push", "a", date(2026, 6, 1))
    row = {"channel": "app_push"}
    assert limit.counts(slot, row, date(2026, 6, 30))
    assert not limit.counts(slot, row, date(2026, 7, 1))
    assert not limit.counts(slot, {"channel": "sms"}, date(2026, 6, 2))
    assert [limit.free_on(date(2026, month, 31)) for month in (1, 12)] == [date(2026, 2, 1), date(2027, 1, 1)]


def test_whoever_is_tired_is_a_matter_of_the_plan() -> None:
    fatigue = ALL | {"limit_name": "fatigue", "max_messages": "0"}
    assert limits_of([fatigue], "message_limits.csv").of("sms") == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"max_messages": "some"}, "a limit needs limit_name"),
        ({"limit_name": "weekly"}, "limit_name must be one of channel_cap, .* not 'weekly'"),
        ({"channel": "sms"}, "a channel_cap names its channel"),
        ({"per_calendar_month": "maybe"}, "per_calendar_month must be true or false, not 'maybe'"),
        ({"window_days": "0"}, "window_days 1 or more"),
    ],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_named(changed: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=rf"message_limits\.csv:3: .*{said}"):
        limits_of([CHANNEL, ALL | changed], "message_limits.csv")


def test_a_month_of_random_plans_with_two_planners_and_lost_answers_exceeds_no_limit(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    now: datetime, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    built_with(settings, CHANNEL, PROGRAMME, ALL, MONTH)
    chance = random.Random(7)
    monkeypatch.setattr("exports.delivery.deliver.delivery_turn", lambda _: NoTurn())
    # Every delivery thinks it is the only one, on a machine of its own.
    monkeypatch.setattr("exports.delivery.deliver.installation", lambda _: f"machine {chance.random()}")
    for day in range(0, 36, 3):
        moment = now + timedelta(days=day)
        tool.faults = [faults.dropping(takes_first=chance.random() < 0.5) for _ in range(4)] if day % 9 == 0 else []
        planned = [
            row(
                number, channel=channel, campaign_id=campaign, occurrence=f"{day}-{n}", fields=HIGH,
                as_of=moment.date(), value_score=chance.random(),
            )
            for number in range(8)
            for n in range(2)
            for channel in ("sms", "app_push")
            for campaign in ("dormant_recall", "new_customer_welcome")
            if chance.random() < 0.7
        ]  # fmt: skip
        publish_plan(planned, as_of=moment.date())
        with ThreadPoolExecutor(2) as planners:
            list(planners.map(lambda at: deliver(settings, at), [moment, moment]))
    with reading(engine(settings)) as connection:
        sent = connection.execute(select(deliveries).where(deliveries.c.slot_at.is_not(None))).mappings().all()
    assert len(sent) > 60
    assert "unknown" in {one["state"] for one in sent}
    by_customer = defaultdict(list)
    for one in sent:
        by_customer[one["customer_id"]].append((day_of(one["slot_at"]), one["channel"], one["campaign_id"]))
    for messages in by_customer.values():
        assert most_within(7, [day for day, channel, _ in messages if channel == "sms"]) <= 2
        assert most_within(7, [day for day, _, _ in messages]) <= 3
        for campaign in ("dormant_recall", "new_customer_welcome"):
            assert most_within(10, [day for day, _, name in messages if name == campaign]) <= 3
        pushes = Counter((day.year, day.month) for day, channel, _ in messages if channel == "app_push")
        assert max(pushes.values(), default=0) <= 5


class NoTurn:
    """Two machines do not see each other's lock."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def day_of(moment: datetime) -> date:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(SHANGHAI).date()


def most_within(days: int, sent: list[date]) -> int:
    """The most messages in any `days` days in a row."""
    return max((sum(start <= day < start + timedelta(days=days) for day in sent) for start in sent), default=0)
