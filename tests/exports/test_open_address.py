"""An address is used only if it is the one by whose token consent and suppression were checked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from exports.delivery.deliver import deliver
from stores.operations import deliveries, engine, reading, writing
from stores.settings import Settings


def outcomes(settings: Settings) -> dict[str, tuple[str, str | None]]:
    """State and reason by customer."""
    d = deliveries.c
    with reading(engine(settings)) as connection:
        rows = connection.execute(select(d.customer_id, d.state, d.reason)).all()
    return {row[0]: (row[1], row[2]) for row in rows}


def test_an_address_that_is_not_the_one_of_its_token_is_refused_and_the_others_are_sent(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    rows = [row(number) for number in range(4)]
    exchanged = rows[1] | {"identifier_cipher": rows[2]["identifier_cipher"]}
    key_id, _, body = rows[3]["identifier_cipher"].partition(".")
    altered = rows[3] | {"identifier_cipher": f"{key_id}.{body[:-6]}AAAAA="}
    publish_plan([rows[0], exchanged, rows[2], altered])
    deliver(settings, now)
    found = outcomes(settings)
    assert found["c_00001"] == ("refused", "address_not_of_token")
    assert found["c_00003"] == ("refused", "address_unreadable")
    assert {found["c_00000"][0], found["c_00002"][0]} == {"accepted"}


def test_an_address_sealed_as_another_kind_is_not_used(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    plan = row(1)
    publish_plan([plan | {"identifier_type": "email"}])
    report = deliver(settings, now)
    assert report.sent == 0
    assert tool.requests == []


def test_a_message_in_doubt_whose_address_was_exchanged_stays_in_doubt(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    tool.rule = lambda _: None
    deliver(settings, now)
    assert outcomes(settings)["c_00001"][0] == "unknown"
    before = len(tool.requests)
    with writing(engine(settings)) as connection:
        connection.execute(update(deliveries).values(identifier_cipher=row(2)["identifier_cipher"]))
    tool.rule = lambda _: (200, {}, None)
    deliver(settings, now)
    assert outcomes(settings)["c_00001"][0] == "unknown"
    assert len(tool.requests) == before
