"""Messages that will never be sent end: cancelled when their customer left the audience, expired when they are late."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from exports.delivery.deliver import deliver
from exports.policy.sms_rules import SmsRule
from stores.operations import deliveries, engine, reading, writing
from stores.settings import Settings

TOMORROW = date(2026, 7, 1)
NIGHT = 22


@pytest.fixture
def ends(settings: Settings) -> Callable[[], dict[str, tuple[str, str | None]]]:
    """State and reason of every message, by customer and occurrence."""

    def read() -> dict[str, tuple[str, str | None]]:
        d = deliveries.c
        with reading(engine(settings)) as connection:
            found = connection.execute(select(d.customer_id, d.occurrence, d.state, d.reason)).all()
        return {f"{row.customer_id} {row.occurrence}": (row.state, row.reason) for row in found}

    return read


def test_a_message_whose_customer_left_the_audience_is_cancelled_and_planned_again_when_he_comes_back(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, ends: Any
) -> None:
    night, tomorrow = now.replace(hour=NIGHT), now + timedelta(days=1)
    publish_plan([row(1), row(2)])
    deliver(settings, night)
    publish_plan([row(2)], as_of=TOMORROW)
    report = deliver(settings, tomorrow)
    assert ends() == {
        "c_00001 2026-06": ("cancelled", "left_the_audience"),
        "c_00002 2026-06": ("accepted", None),
    }
    assert report.sent == len(tool.taken) == 1
    publish_plan([row(1), row(2)], as_of=TOMORROW)
    assert deliver(settings, tomorrow).sent == 1
    assert ends()["c_00001 2026-06"] == ("accepted", None)


def test_what_the_plan_holds_goes_on_waiting(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, ends: Any
) -> None:
    publish_plan([row(1), row(2)])
    deliver(settings, now.replace(hour=NIGHT))
    publish_plan([row(1, decision="hold", reason="frequency_cap"), row(2)], as_of=TOMORROW)
    deliver(settings, now + timedelta(days=1))
    assert ends()["c_00001 2026-06"] == ("held", "quiet_hours")


def test_a_waiting_message_that_a_later_plan_refuses_is_cancelled_with_the_reason_and_may_come_back(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, ends: Any
) -> None:
    tomorrow = now + timedelta(days=1)
    publish_plan([row(1), row(2)])
    deliver(settings, now.replace(hour=NIGHT))
    publish_plan([row(1, decision="refuse", reason="no_consent"), row(2)], as_of=TOMORROW)
    deliver(settings, tomorrow)
    assert ends()["c_00001 2026-06"] == ("cancelled", "no_consent")
    assert len(tool.taken) == 1
    publish_plan([row(1), row(2)], as_of=TOMORROW)
    assert deliver(settings, tomorrow).sent == 1
    assert ends()["c_00001 2026-06"] == ("accepted", None)


def test_a_message_of_a_period_that_is_over_expires(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, ends: Any
) -> None:
    publish_plan([row(1)])
    deliver(settings, now.replace(hour=NIGHT))
    publish_plan([row(1, occurrence="2026-07")], as_of=TOMORROW)
    deliver(settings, now + timedelta(days=1))
    assert ends() == {
        "c_00001 2026-06": ("expired", "its_period_is_over"),
        "c_00001 2026-07": ("accepted", None),
    }
    assert len(tool.taken) == 1


def test_a_message_that_waited_longer_than_it_is_good_for_expires_and_stays_expired(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, ends: Any
) -> None:
    publish_plan([row(1), row(2)])
    deliver(settings, now.replace(hour=8))
    with writing(engine(settings)) as connection:
        late = update(deliveries).where(deliveries.c.customer_id == "c_00001")
        connection.execute(late.values(planned_at=now - timedelta(days=14, hours=1)))
    report = deliver(settings, now)
    assert ends()["c_00001 2026-06"] == ("expired", "waited_too_long")
    assert (report.sent, report.refused, len(tool.taken)) == (1, {"waited_too_long": 1}, 1)
    assert deliver(settings, now).sent == 0


def test_what_may_have_left_never_ends_here(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    now: datetime, ends: Any,
) -> None:  # fmt: skip
    publish_plan([row(1)])
    tool.faults = [faults.dropping(takes_first=True)]
    assert deliver(settings, now).unknown == 1
    tool.rule = faults.answering(503)
    publish_plan([row(2, decision="hold", reason="holdout")], as_of=TOMORROW)
    deliver(settings, now + timedelta(hours=20))
    assert ends()["c_00001 2026-06"][0] == "unknown"


def test_a_message_that_was_refused_for_its_text_stays_so_until_the_next_period_when_the_text_is_right(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, ends: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hong_kong = "+85261234567"
    publish_plan([row(1, phone=hong_kong)])
    deliver(settings, now)
    ((state, reason),) = ends().values()
    assert (state, str(reason).partition(":")[0]) == ("refused", "template_not_allowed")
    monkeypatch.setattr(SmsRule, "problem", lambda rule, text: None)
    publish_plan([row(1, phone=hong_kong)])
    assert deliver(settings, now).sent == 0
    assert ends()["c_00001 2026-06"] == (state, reason)
    publish_plan([row(1, phone=hong_kong, occurrence="2026-07")], as_of=TOMORROW)
    assert deliver(settings, now + timedelta(days=1)).sent == 1
    assert ends()["c_00001 2026-07"] == ("accepted", None)
