"""A clock that is set back or forward by a day: nothing is sent twice, and nothing before its time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.policy.customer_optouts import CustomerOptouts
from stores.operations import deliveries, engine, reading, suppress, suppressions, writing
from stores.operations.contact_permissions import Suppression
from stores.operations.table_base import wall_clock
from stores.settings import Settings
from stores.warehouse import current_publication

DAY = timedelta(days=1)
TOMORROW = date(2026, 7, 1)


def one_at_a_time(settings: Settings) -> Settings:
    webhook = settings.destinations["crm_webhook"] | {"concurrency": 1}
    return settings.model_copy(update={"destinations": {"crm_webhook": webhook}})


def reasons(settings: Settings) -> set[tuple[str, str | None]]:
    with reading(engine(settings)) as connection:
        found = connection.execute(select(deliveries.c.state, deliveries.c.reason).distinct())
        return {(row.state, row.reason) for row in found}


def test_a_clock_set_back_a_day_sends_nothing_and_set_right_again_sends_each_message_once(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(7)])
    back = deliver(settings, now - DAY)
    assert (back.sent, back.held, tool.requests) == (0, {"as_of_not_today": 7}, [])
    assert deliver(settings, now).sent == 7
    deliver(settings, now - DAY)
    deliver(settings, now)
    assert set(tool.taken.values()) == {1}


def test_what_went_out_while_the_clock_was_a_day_ahead_does_not_go_out_again_on_that_day(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    plan = [row(number) for number in range(7)]
    publish_plan([one | {"as_of": TOMORROW} for one in plan], as_of=TOMORROW, run_id="ahead")
    assert deliver(settings, now + DAY).sent == 7
    right = deliver(settings, now)
    assert (right.sent, right.held) == (0, {"as_of_not_today": 7})
    publish_plan([one | {"as_of": TOMORROW} for one in plan], as_of=TOMORROW, run_id="the day itself")
    assert deliver(settings, now + DAY).sent == 0
    assert tool.taken.total() == 7


def test_messages_of_a_day_ahead_take_their_place_under_the_cap_when_the_clock_is_right_again(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1, as_of=TOMORROW)], as_of=TOMORROW)
    assert deliver(settings, now + DAY).sent == 1
    publish_plan([row(1, occurrence="2026-07")])
    assert deliver(settings, now).held == {"frequency_cap": 1}


def test_what_waits_for_the_morning_is_not_sent_by_a_clock_that_jumps_over_the_night(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    assert deliver(settings, now.replace(hour=22)).held == {"quiet_hours": 1}
    assert deliver(settings, now + DAY).held == {"as_of_not_today": 1}
    assert deliver(settings, now.replace(hour=23)).held == {"quiet_hours": 1}
    assert tool.requests == []


def test_a_lost_answer_of_a_day_ahead_is_never_tried_again_for_nobody_knows_how_long_ago_it_was(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number, as_of=TOMORROW) for number in range(3)], as_of=TOMORROW)
    tool.faults = [faults.dropping(takes_first=True)]
    assert deliver(one_at_a_time(settings), now + DAY).unknown == 3
    publish_plan([row(9)])
    assert deliver(settings, now).sent == 1
    assert ("unknown", "clock_set_back") in reasons(settings)
    # A day later the first try looks five minutes old; the tool has forgotten it.
    publish_plan([row(number, as_of=TOMORROW) for number in range(3)], as_of=TOMORROW)
    tool.known.clear()
    assert deliver(settings, now + DAY + timedelta(minutes=5)).unknown == 3
    assert set(tool.taken.values()) == {1}


def test_a_lost_answer_is_not_tried_again_when_the_clock_was_set_back_since_another_message_left(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(number) for number in range(3)])
    tool.faults = [faults.dropping(takes_first=True)]
    assert deliver(one_at_a_time(settings), now).unknown == 3
    publish_plan([row(9, as_of=TOMORROW)], as_of=TOMORROW)
    webhook = settings.destinations["crm_webhook"] | {"dedupe_window_hours": 4}
    forgetful = settings.model_copy(update={"destinations": {"crm_webhook": webhook}})
    assert deliver(forgetful, now + timedelta(hours=25)).sent == 1
    # Thirty hours after the first try the clock says that it was two hours ago.
    publish_plan([row(number) for number in range(3)])
    tool.known.clear()
    assert deliver(forgetful, now + timedelta(hours=2)).unknown == 3
    assert set(tool.taken.values()) == {1}


def test_what_is_said_after_the_clock_was_set_back_in_the_middle_of_a_delivery_is_heard(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plan = [row(number) for number in range(2)]
    mail = {"customer_id": "c_00001", "source_profile_id": "shop:1", "identifier_type": "email"}
    publish_plan(plan, others=[mail | {"identifier_value": "mail of 1"}])
    publication = current_publication(settings)
    assert publication is not None
    heard = CustomerOptouts(publication.path, frozenset())
    with writing(engine(settings)) as connection:
        suppress(connection, [Suppression("phone", plan[0]["identifier_token"], "sms", "complained")], now)
        heard.read(connection)
    yesterday = wall_clock() - DAY
    for module in ("stores.operations.contact_permissions", "exports.policy.customer_optouts"):
        monkeypatch.setattr(f"{module}.wall_clock", lambda: yesterday)
    with writing(engine(settings)) as connection:
        suppress(connection, [Suppression("email", "mail of 1", "*", "complained")], now)
        email = suppressions.c.identifier_type == "email"
        connection.execute(suppressions.update().where(email).values(updated_at=yesterday))
        heard.read(connection)
    assert heard.refusal(plan[1] | {"purpose": "marketing"}) == "suppressed"
