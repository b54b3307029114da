"""Answers of after the plan only ever withhold; a source that could not be read holds who rests on it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.policy.late_answers import REFUSALS, LateAnswers
from stores.operations import deliveries, engine, reading
from stores.operations.contact_permissions import EVERY_CHANNEL
from stores.settings import Settings


def no(**values: str) -> Callable[[], LateAnswers]:
    row = {"identifier_type": "phone", "channel": "sms", "purpose": "marketing", **values}
    return lambda: LateAnswers(pa.Table.from_pylist([row], schema=REFUSALS))


@pytest.fixture
def planned(row: Callable[..., Any], publish_plan: Callable[..., Any]) -> list[dict[str, Any]]:
    """Three messages by SMS; each customer has a shop account with another phone too."""
    rows = [row(number) for number in range(3)]
    others = [
        {
            "customer_id": planned["customer_id"],
            "source_profile_id": f"shop:{number}",
            "identifier_type": "phone",
            "identifier_value": f"other phone of {number}",
        }
        for number, planned in enumerate(rows)
    ]
    publish_plan(rows, others=others)
    return rows


@pytest.mark.parametrize(
    "said",
    [
        {"identifier_value": "other phone of 1"},
        {"source_profile_id": "shop:1", "identifier_value": "a phone that nobody knew"},
        {"source_profile_id": "shop:1"},
        {"source_profile_id": "shop:1", "purpose": "profiling", "channel": "app_push"},
    ],
)
@pytest.mark.usefixtures("planned")
def test_a_late_no_stops_the_message_by_any_identifier_or_record_of_the_customer(
    settings: Settings, tool: Any, now: datetime, said: dict[str, str]
) -> None:
    report = deliver(settings, now, no(**said))
    with reading(engine(settings)) as connection:
        refused = connection.execute(select(deliveries.c.customer_id).where(deliveries.c.state == "refused"))
        assert refused.scalars().all() == ["c_00001"]
    assert report.sent == len(tool.taken) == 2


@pytest.mark.usefixtures("planned")
def test_a_late_no_for_another_channel_or_purpose_stops_nothing(settings: Settings, now: datetime) -> None:
    assert deliver(settings, now, no(source_profile_id="shop:1", channel="email")).sent == 3


def test_the_messages_own_address_counts(settings: Settings, planned: list[dict[str, Any]], now: datetime) -> None:
    report = deliver(settings, now, no(identifier_value=planned[0]["identifier_token"]))
    assert (report.sent, report.refused) == (2, {"no_consent": 1})


@pytest.mark.usefixtures("planned")
def test_a_source_that_could_not_be_read_holds_its_messages_until_it_can(
    settings: Settings, tool: Any, now: datetime
) -> None:
    unread = LateAnswers(unread={"shop": frozenset({"sms"})})
    report = deliver(settings, now, lambda: unread)
    assert (report.sent, report.held, tool.requests) == (0, {"consents_not_read: shop": 3}, [])
    of_all = LateAnswers(unread={"shop": frozenset({EVERY_CHANNEL})})
    assert deliver(settings, now, lambda: of_all).sent == 0
    assert deliver(settings, now, lambda: LateAnswers(unread={"shop": frozenset({"email"})})).sent == 3


@pytest.mark.usefixtures("planned")
def test_nothing_in_doubt_is_sent_again_to_somebody_who_said_no_since(
    settings: Settings, tool: Any, faults: Any, now: datetime
) -> None:
    tool.faults = [faults.dropping(takes_first=False)]
    assert deliver(settings, now).unknown == 3
    asked = len(tool.requests)
    report = deliver(settings, now + timedelta(minutes=5), no(source_profile_id="shop:1"))
    assert (report.unknown, len(tool.requests)) == (3, asked)
