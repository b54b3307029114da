"""Messages to people of the company go through the real destination, marked as tests, and count nowhere."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.delivery.deliver import deliver
from exports.delivery.send_test_messages import TestMessage, send_tests
from exports.receipts.collect import collect
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.operations import audit_log, deliveries, engine, reading, suppress, test_messages, writing
from stores.operations.contact_permissions import Suppression
from stores.settings import Settings

LIN = {"name": "林悦", "phone": "138 0000 1111", "app_user_id": "u_lin"}
WANG = {"name": "王芳", "phone": "+8613900002222"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The installation of the other tests with a list of two people."""
    return with_list(settings, lin=LIN, wang=WANG)


def with_list(settings: Settings, **people: dict[str, str]) -> Settings:
    return Settings.model_validate({**settings.model_dump(), "test_lists": {"marketing": people}})


@pytest.fixture
def campaign(settings: Settings) -> Campaign:
    """The campaign of the plan: by SMS, else by push."""
    return next(one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == "dormant_recall")


def by_sms(sent: list[TestMessage]) -> list[TestMessage]:
    return [one for one in sent if one.channel == "sms"]


def taken(tool: Any) -> list[dict[str, Any]]:
    return [one for bodies in tool.bodies.values() for body in bodies for one in json.loads(body)["messages"]]


def test_a_draft_is_seen_by_everybody_of_the_list_in_the_texts_of_the_plan_with_nothing_of_a_customer(
    settings: Settings, campaign: Campaign, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    fields = {"days_since_purchase": 133, "name": "ref_of_a_customer", "value_tier": "ordinary"}
    publish_plan([row(number, fields=json.dumps(fields)) for number in range(3)], is_approved=False)
    sent = by_sms(send_tests(settings, campaign, "marketing", "Lin Yue"))
    assert [(one.recipient, one.state, one.address_mask) for one in sent] == [
        ("lin", "accepted", "138****1111"), ("wang", "accepted", "139****2222")
    ]  # fmt: skip
    messages = {one["delivery_id"]: one for one in taken(tool)}
    assert messages.keys() == {one.test_id for one in sent}
    assert {one["to"] for one in messages.values()} == {"+8613800001111", "+8613900002222"}
    assert all(one["is_test"] is True and "好久不见" in one["content"]["text"] for one in messages.values())
    assert "ref_of_a_customer" not in json.dumps(list(messages.values()))


def test_they_are_noted_as_tests_with_masks_only_and_are_no_messages_of_the_ledger(
    settings: Settings, campaign: Campaign, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    now: datetime,
) -> None:  # fmt: skip
    publish_plan([row(1)])
    send_tests(settings, campaign, "marketing", "Lin Yue")
    with reading(engine(settings)) as connection:
        rows = connection.execute(select(test_messages)).mappings().all()
        assert connection.scalar(select(func.count()).select_from(deliveries)) == 0
        logged = select(audit_log.c.actor, audit_log.c.records).where(audit_log.c.action == "test_send")
        assert connection.execute(logged).all() == [("Lin Yue", len(rows))]
    assert {(one["state"], one["sent_by"], one["list_name"]) for one in rows} == {("accepted", "Lin Yue", "marketing")}
    assert "13800001111" not in str(rows)
    assert deliver(settings, now).sent == 1, "nothing of the plan was used up"
    assert not [one for one in taken(tool) if one["delivery_id"].startswith("d_") and "is_test" in one]


def test_without_a_publication_the_texts_are_those_of_a_made_up_customer(
    settings: Settings, campaign: Campaign, tool: Any
) -> None:
    assert {one.state for one in by_sms(send_tests(settings, campaign, "marketing", "Lin"))} == {"accepted"}
    assert "呼和浩特" in json.dumps(taken(tool), ensure_ascii=False)


def test_whoever_has_no_address_or_unsubscribed_gets_nothing_and_it_is_said(
    settings: Settings, campaign: Campaign, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    publish_plan([row(1)])
    with writing(engine(settings)) as connection:
        token = open_keyring(settings).token("phone", "+8613900002222")
        suppress(connection, [Suppression("phone", token, "sms", "unsubscribed")], settings.now())
    sent = send_tests(settings, campaign, "marketing", "Lin")
    told = {(one.recipient, one.channel): (one.state, one.reason) for one in sent}
    assert told == {
        ("lin", "sms"): ("accepted", ""), ("wang", "sms"): ("not_sent", "suppressed"),
        ("lin", "app_push"): ("accepted", ""), ("wang", "app_push"): ("not_sent", "no_identifier"),
    }  # fmt: skip
    (file,) = (settings.outbox / "app_push").glob("test-*.csv")
    header, line = file.read_text(encoding="utf-8").splitlines()
    assert header.endswith(",is_test")
    assert line.endswith(",true")


def test_what_the_tool_says_of_a_test_message_counts_nowhere_and_is_no_mistake(
    settings: Settings, campaign: Campaign, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    publish_plan([row(1)])
    sent = by_sms(send_tests(settings, campaign, "marketing", "Lin"))
    folder = settings.landing / "receipts" / "crm_webhook"
    folder.mkdir(parents=True)
    event = {"event_id": "e", "event": "unsubscribed", "occurred_at": settings.now().isoformat()}
    lines = [
        json.dumps({**event, "event_id": str(number), "delivery_id": one.test_id}) for number, one in enumerate(sent)
    ]
    (folder / "said.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = collect(settings)
    assert (report.rejected, report.events) == (0, 0)


def test_a_tool_that_cannot_be_used_is_told_and_the_rest_is_not_tried(
    settings: Settings, campaign: Campaign, tool: Any, faults: Any, row: Callable[..., Any],
    publish_plan: Callable[..., Any],
) -> None:  # fmt: skip
    publish_plan([row(1)])
    many = with_list(settings, **{f"p{number}": {"phone": f"+86138000033{number:02d}"} for number in range(7)})
    tool.rule = faults.answering(401)
    reasons = [one.reason for one in by_sms(send_tests(many, campaign, "marketing", "Lin"))]
    assert reasons == ["wrong_key"] * 5 + ["not_tried"] * 2


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ({}, r"There is no test list 'marketing' with people in it\. Lists: marketing"),
        ({"lin": {"name": "林悦"}}, r"section \[guanxi.test_lists.marketing.lin\]: there is no address"),
        ({"lin": {"phone": "12"}}, r"section \[guanxi.test_lists.marketing.lin\]: phone cannot be read"),
        ({"lin": {"fax": "1"}}, r"there is no field fax\. Allowed are name, phone, app_user_id"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_in_one_line(
    settings: Settings, campaign: Campaign, tool: Any, people: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        send_tests(with_list(settings, **people), campaign, "marketing", "Lin")
    assert tool.requests == []


def test_an_address_of_a_list_is_shown_nowhere(settings: Settings) -> None:
    assert "138 0000 1111" not in f"{settings!r} {settings.model_dump_json()}"
