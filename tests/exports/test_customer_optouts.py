"""A no by any identifier of a customer stops the message, also when it comes between plan and claim."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.policy.customer_optouts import CustomerOptouts
from stores.operations import deliveries, engine, reading, record_consents, suppress, writing
from stores.operations.contact_permissions import Consent, Suppression
from stores.publication_files.tables import follow
from stores.settings import Settings
from stores.warehouse import current_publication

OTHERS = ("email", "mail of {}"), ("app_user_id", "app of {}")


@pytest.fixture
def planned(settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]) -> list[dict[str, Any]]:
    """Four messages by SMS; each customer has an e-mail address and an app account too."""
    rows = [row(number) for number in range(4)]
    others = [
        {
            "customer_id": planned["customer_id"],
            "source_profile_id": f"shop:{number}",
            "identifier_type": kind,
            "identifier_value": token.format(number),
        }
        for number, planned in enumerate(rows)
        for kind, token in OTHERS
    ]
    publish_plan(rows, others=others)
    return rows


def _no(kind: str, token: str, channel: str, now: datetime, purpose: str = "marketing") -> Consent:
    return Consent(kind, token, channel, purpose, False, "test", now)


def _refused(settings: Settings) -> dict[str, str]:
    with reading(engine(settings)) as connection:
        found = connection.execute(
            select(deliveries.c.customer_id, deliveries.c.reason).where(deliveries.c.state == "refused")
        )
        return {row.customer_id: row.reason for row in found}


@pytest.mark.usefixtures("planned")
def test_a_withdrawal_by_another_identifier_of_the_customer_stops_the_message(
    settings: Settings, tool: Any, now: datetime
) -> None:
    with writing(engine(settings)) as connection:
        answers = [
            _no("email", "mail of 0", "sms", now),
            _no("email", "mail of 1", "email", now),
            _no("app_user_id", "app of 2", "app_push", now, "profiling"),
            _no("email", "mail of nobody", "sms", now),
        ]
        record_consents(connection, answers)
    report = deliver(settings, now)
    assert _refused(settings) == {"c_00000": "no_consent", "c_00002": "profiling_optout"}
    assert report.sent == len(tool.taken) == 2


@pytest.mark.usefixtures("planned")
def test_a_complaint_by_another_identifier_closes_the_customer_and_a_bounce_of_it_does_not(
    settings: Settings, now: datetime
) -> None:
    with writing(engine(settings)) as connection:
        entries = [
            Suppression("email", "mail of 0", "*", "complained"),
            Suppression("email", "mail of 1", "*", "bounced"),
            Suppression("app_user_id", "app of 2", "app_push", "erased"),
            Suppression("app_user_id", "app of 3", "app_push", "unsubscribed"),
        ]
        suppress(connection, entries, now)
    assert deliver(settings, now).sent == 2
    assert _refused(settings) == {"c_00000": "suppressed", "c_00002": "erased"}


def test_what_is_said_between_two_looks_is_heard_at_the_second(
    settings: Settings, planned: list[dict[str, Any]], now: datetime
) -> None:
    publication = current_publication(settings)
    assert publication is not None
    heard = CustomerOptouts(publication.path, frozenset())
    messages = [{**message, "purpose": "marketing"} for message in planned]
    for number in (0, 3):
        with writing(engine(settings)) as connection:
            record_consents(connection, [_no("email", f"mail of {number}", "sms", now)])
            heard.read(connection)
        assert heard.refusal(messages[number]) == "no_consent"
    assert [heard.refusal(message) for message in messages] == ["no_consent", None, None, "no_consent"]


KEEPING = (
    "create table marts.kept as from marts.customer_identifiers where {}; drop view marts.customer_identifiers;"
    " alter table marts.kept rename to customer_identifiers"
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("drop view marts.customer_identifiers", "customer_identifiers_missing"),
        (KEEPING.format("false"), "customer_identifiers_incomplete"),
        (KEEPING.format("customer_id <> 'c_00002'"), "customer_identifiers_incomplete"),
        ("drop view campaigns.campaign_plan", "campaign_plan_missing"),
        ("drop view rules.frequency_caps", "rules_missing"),
    ],
)
def test_nothing_is_sent_where_the_publication_does_not_know_all_addresses_of_its_plan(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    change: str, reason: str,
) -> None:  # fmt: skip
    publication = publish_plan([row(number) for number in range(3)])
    publication.path.chmod(0o600)
    with duckdb.connect(str(publication.path)) as connection:
        follow(connection, publication.path)
        connection.execute(change)
    report = deliver(settings, now)
    assert (report.sent, tool.requests) == (0, [])
    assert reason in report.held or not report.planned
    assert reason.rpartition("_")[0] in report.obstacle


def test_nothing_is_sent_where_the_word_of_the_gates_is_missing(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    (settings.published / "gate_state.json").unlink()
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"gates_missing": 1}, [])
    assert "guanxi publish" in report.obstacle


def test_a_message_without_address_reads_so_though_its_customer_said_no_but_not_before_that_they_are_suppressed(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    rows = [row(number, identifier_token="") for number in range(2)]
    others = [
        {"customer_id": f"c_0000{number}", "source_profile_id": f"shop:{number}", "identifier_type": "email",
         "identifier_value": f"mail of {number}"}
        for number in range(2)
    ]  # fmt: skip
    publish_plan(rows, others=others)
    with writing(engine(settings)) as connection:
        record_consents(connection, [_no("email", f"mail of {number}", "sms", now) for number in range(2)])
        suppress(connection, [Suppression("email", "mail of 1", "sms", "complained")], now)
    deliver(settings, now)
    assert _refused(settings) == {"c_00000": "no_identifier", "c_00001": "suppressed"}
