"""Delivery ids: the same for the same message, and nobody can make one up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

import exports.delivery.ledger
from exports.delivery.deliver import deliver
from exports.delivery.message_keys import dedupe_key, planned
from stores.key_record import open_keyring
from stores.operations import deliveries, engine, reading, utc
from stores.settings import Settings


def test_a_delivery_id_cannot_be_made_from_what_is_known_about_customer_and_campaign(
    settings: Settings, row: Callable[..., Any], now: Any
) -> None:
    ours = open_keyring(settings)
    others = replace(ours, token_key=b"another key, 32 bytes long ----!")
    ids = [planned(row(1), "p", now.date(), utc(now), keyring)["delivery_id"] for keyring in (ours, ours, others)]
    assert ids[0] == ids[1] != ids[2]
    assert dedupe_key(row(1))[:16] not in ids[0]


def test_a_message_planned_under_an_older_id_keeps_it_and_is_not_sent_again(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: Any, tool: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish_plan([row(1)])
    with monkeypatch.context() as earlier:
        earlier.setattr(
            exports.delivery.ledger, "planned", lambda *all_: planned(*all_) | {"delivery_id": "d_of_older_release"}
        )
        deliver(settings, now)
    publish_plan([row(1)], run_id="another")
    assert deliver(settings, now).sent == 0
    with reading(engine(settings)) as connection:
        assert connection.scalars(select(deliveries.c.delivery_id)).all() == ["d_of_older_release"]
    assert len(tool.requests) == 1
