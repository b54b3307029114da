"""Opt-outs and answers follow their owner's new token; nobody is permitted more than before."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from orchestration.upgrading.permissions import move_tokens, permission_tokens, stored_tokens
from stores.operations import consents, engine, record_consents, suppress, suppressions, writing
from stores.operations.contact_permissions import Consent, Suppression
from stores.settings import Settings

NOW = datetime(2026, 6, 30, 10)


@pytest.fixture
def connection(settings: Settings) -> Any:
    with writing(engine(settings)) as opened:
        yield opened


def said(connection: Connection) -> dict[str, bool]:
    """Who granted, by token."""
    return dict(connection.execute(select(consents.c.identifier_token, consents.c.granted)).all())


def answer(token: str, granted: bool, days: int = 0) -> Consent:
    return Consent("email", token, "email", "marketing", granted, "letter", NOW + timedelta(days=days))


def test_a_suppression_follows_its_owner(connection: Connection) -> None:
    suppress(connection, [Suppression("email", "old", "*", "complained"), Suppression("phone", "x", "sms", "y")], NOW)
    assert move_tokens(connection, {"old": ["new"]}) == 1
    assert set(connection.scalars(select(suppressions.c.identifier_token))) == {"new", "x"}


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_where_two_tokens_become_one_a_withdrawal_wins_whenever_it_was(connection: Connection, days: int) -> None:
    record_consents(connection, [answer("one", True), answer("other", False, days)])
    move_tokens(connection, {"one": ["new"], "other": ["new"]})
    assert said(connection) == {"new": False}


def test_where_a_token_becomes_one_that_is_there_already_the_withdrawal_wins(connection: Connection) -> None:
    record_consents(connection, [answer("old", False), answer("new", True, 3)])
    move_tokens(connection, {"old": ["new"]})
    assert said(connection) == {"new": False}


def test_where_two_tokens_become_one_a_suppression_in_force_stays(connection: Connection) -> None:
    rows = [Suppression("email", token, "*", "complained") for token in ("one", "other")]
    suppress(connection, rows, NOW)
    lifted = suppressions.update().where(suppressions.c.identifier_token == "one").values(is_active=False)
    connection.execute(lifted)
    move_tokens(connection, {"one": ["new"], "other": ["new"]})
    assert connection.execute(select(suppressions.c.identifier_token, suppressions.c.is_active)).all() == [
        ("new", True)
    ]


def test_where_one_token_becomes_several_each_of_them_is_closed(connection: Connection) -> None:
    suppress(connection, [Suppression("email", "old", "*", "complained")], NOW)
    move_tokens(connection, {"old": ["a", "b"]})
    assert set(connection.scalars(select(suppressions.c.identifier_token))) == {"a", "b"}


def test_tokens_that_change_places_do_not_run_into_each_other(connection: Connection) -> None:
    record_consents(connection, [answer("a", True), answer("b", False)])
    move_tokens(connection, {"a": ["b"], "b": ["c"]})
    assert said(connection) == {"b": True, "c": False}


def test_what_cannot_be_mapped_stays_and_holds_for_its_token(connection: Connection) -> None:
    suppress(connection, [Suppression("email", "nobody", "*", "complained")], NOW)
    move_tokens(connection, {"old": ["new"]})
    assert stored_tokens(connection) == permission_tokens(connection, ["email"]) == {"nobody"}
