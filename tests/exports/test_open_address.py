"""An address is used only if it is the one by whose token consent and suppression were checked."""

import shutil
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from stores.errors import UserError
from stores.lake.vault import find_sealed, lookup, vault_folder, vault_relation
from stores.operations import deliveries, engine, reading
from stores.settings import Settings
from stores.warehouse import connect, writer_lock
from tests.testing.vault_values import write_vault


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
    publish_plan(rows)
    tokens = [plan["identifier_token"] for plan in rows]
    right = find_sealed(settings, tokens)
    key_id, _, body = right[tokens[3]][1].partition(".")
    exchanged, altered = right[tokens[2]][1], f"{key_id}.{body[:-6]}AAAAA="
    sealed = [right[tokens[0]][1], exchanged, right[tokens[2]][1], altered]
    write_vault(settings, [(token, "phone", cipher) for token, cipher in zip(tokens, sealed, strict=True)])
    deliver(settings, now)
    found = outcomes(settings)
    assert found["c_00001"] == ("refused", "address_not_of_token")
    assert found["c_00003"] == ("refused", "address_unreadable")
    assert {found["c_00000"][0], found["c_00002"][0]} == {"accepted"}


def test_an_address_that_is_not_in_the_vault_holds_its_message_until_it_is_there_again(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    rows = [row(number) for number in range(3)]
    publish_plan(rows)
    tokens = [plan["identifier_token"] for plan in rows]
    right = [(token, *found) for token, found in find_sealed(settings, tokens).items()]
    write_vault(settings, [values for values in right if values[0] != tokens[1]])
    assert deliver(settings, now).held == {"address_not_in_vault": 1}
    assert outcomes(settings)["c_00001"] == ("held", "address_not_in_vault")
    write_vault(settings, right)
    assert deliver(settings, now).sent == 1
    assert {state for state, _ in outcomes(settings).values()} == {"accepted"}


def test_without_a_vault_nothing_is_sent_and_nothing_is_lost(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2)])
    write_vault(settings, [])
    shutil.rmtree(vault_folder(settings))
    with pytest.raises(UserError, match=r"vault .* is missing"):
        deliver(settings, now)
    assert tool.requests == []
    assert {state for state, _ in outcomes(settings).values()} == {"queued"}


def test_messages_are_sent_while_a_build_holds_the_warehouse(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2)])
    with writer_lock(settings), connect(settings, read_only=False):
        assert deliver(settings, now).sent == 2


def test_addresses_of_a_plan_are_read_from_the_vault_once(
    settings: Settings,
    tool: Any,
    row: Callable[..., Any],
    publish_plan: Callable[..., Any],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish_plan([row(number) for number in range(100)])
    reads = []
    monkeypatch.setattr(lookup, "vault_relation", lambda found: reads.append(found) or vault_relation(found))
    assert deliver(settings, now).sent == 100
    assert len(reads) == 1


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
    token, another = row(1)["identifier_token"], row(2)["identifier_token"]
    write_vault(settings, [(token, "phone", find_sealed(settings, [another])[another][1])])
    tool.rule = lambda _: (200, {}, None)
    deliver(settings, now)
    assert outcomes(settings)["c_00001"][0] == "unknown"
    assert len(tool.requests) == before
