"""Receipts under the field names of other tools: rows of a seed, a destination's own section, a message that helps."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.destinations import open_destination
from exports.receipts.collect import collect
from exports.receipts.field_names import field_names_of
from exports.receipts.parse_line import Header, Reported, Unusable, read_header, read_json, understand
from exports.receipts.status_words import RULES, words_of
from stores.errors import UserError
from stores.operations import deliveries, engine, reading
from stores.settings import Settings
from tests.testing.seeds import rules_of_project

SHANGHAI = ZoneInfo("Asia/Shanghai")
ID = "d_0123456789abcdef"
TEN = datetime(2026, 6, 30, 2, 5)


def read(settings: Settings, line: bytes, destination: str | None = "crm_webhook") -> Reported:
    rules = rules_of_project(*RULES)
    names = field_names_of(rules, settings, destination)
    return understand(read_json(line), words_of(rules), names, SHANGHAI, "CN")


def with_receipts(settings: Settings, **receipts: Any) -> Settings:
    own = settings.destinations["crm_webhook"] | {"receipts": receipts}
    return settings.model_copy(update={"destinations": {"crm_webhook": own}})


TOOLS: dict[str, tuple[dict[str, Any], str]] = {
    "Aliyun": (
        {"phone_number": "13800000001", "report_time": "2026-06-30 10:05:00", "success": True, "err_code": "DELIVERED",
         "biz_id": "B1", "out_id": ID},
        "delivered",
    ),
    "Tencent": (
        {"user_receive_time": "2026-06-30 10:05:00", "mobile": "13800000001", "report_status": "FAIL", "errmsg": "空号",
         "sid": "S1", "ext": ID},
        "failed",
    ),
    "SendGrid": (
        {"email": "a@example.com", "timestamp": 1782785100, "event": "spamreport", "sg_event_id": "S1",
         "sg_message_id": "M", "delivery_id": ID},
        "complained",
    ),
    "Mailgun": (
        {"signature": {"token": "t"}, "event-data": {"id": "E1", "timestamp": 1782785100.25, "event": "unsubscribed",
         "recipient": "a@example.com", "user-variables": {"delivery_id": ID}}},
        "unsubscribed",
    ),
    "Brevo": (
        {"event": "hard_bounce", "email": "a@b.cn", "id": 7, "date": "2026-06-30 10:05:00", "ts_event": 1782785100,
         "X-Mailin-custom": ID, "reason": "550 no such user"},
        "bounced",
    ),
    "Twilio": (
        {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005", "To": "+8613800000001",
         "reference": ID, "timestamp": "Tue, 30 Jun 2026 02:05:00 +0000"},
        "failed",
    ),
    "Salesforce": (
        {"SubscriberKey": "k", "EventType": "Unsubscribe", "EventDate": "6/30/2026 10:05:00 AM", "client_ref": ID},
        "unsubscribed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("vendor", TOOLS)
def test_receipts_of_known_tools_are_read_as_they_are(settings: Settings, vendor: str) -> None:
    line, event = TOOLS[vendor]
    found = read(settings, json.dumps(line).encode())
    assert (found.delivery_id, found.event) == (ID, event)
    assert found.occurred_at is not None
    assert found.occurred_at.replace(microsecond=0) == TEN


def test_a_destination_says_what_its_files_call_the_fields_and_events(settings: Settings) -> None:
    wecom = with_receipts(
        settings, delivery_id="msg.our_ref", event=["state", "status"], occurred_at="send_time",
        words={"1": "sent", "2": "failed", "3": "bounced soft"},
    )  # fmt: skip
    line = {"msg": {"our_ref": ID}, "status": 3, "send_time": 1782785100, "out_id": "d_another"}
    found = read(wecom, json.dumps(line).encode())
    assert (found.delivery_id, found.event, found.bounce_class, found.occurred_at) == (ID, "bounced", "soft", TEN)
    with pytest.raises(Unusable, match="event: nobody knows"):
        read(settings, json.dumps(line | {"delivery_id": ID}).encode())


def test_our_own_names_count_before_those_of_the_seed(settings: Settings) -> None:
    line = {"out_id": "d_another", "delivery_id": ID, "status": "failed", "event": "delivered", "time": 1}
    assert read(settings, json.dumps(line).encode()).event == "delivered"


def test_where_the_id_is_missing_the_message_names_file_line_field_and_what_the_line_has(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    publish_plan([row(0)])
    folder = settings.landing / "receipts" / "crm_webhook"
    folder.mkdir(parents=True)
    (folder / "1.csv").write_text("Our No,event,time\nd_1,delivered,1782785100\n", encoding="utf-8")
    report = collect(settings)
    assert report.reasons == [
        "crm_webhook/1.csv:2: delivery_id: missing; the line has the fields Our No, event, time. Say which one it is "
        'with delivery_id = "..." in [destinations.crm_webhook.receipts], or in the seed receipt_fields'
    ]


def test_field_names_are_redacted_and_bounded(settings: Settings) -> None:
    line = {"13800138000": 1, **{f"field {number} " + "x" * 100: 1 for number in range(40)}}
    with pytest.raises(Unusable) as said:
        read(settings, json.dumps(line).encode())
    assert "13800138000" not in str(said.value)
    assert "and 29 more" in str(said.value)
    assert len(str(said.value)) < 1_000


@pytest.mark.parametrize(
    "line",
    [
        b'{"out_id": "d_1", "out_id": "d_2", "event": "sent", "time": 1}',
        b'{"outId": "d_1", "OUT_ID": "d_2", "event": "sent", "time": 1}',
        b'{"delivery_id": "d_1", "event": "sent", "event": "complained", "time": 1}',
        b'{"event-data": {"user-variables": {"delivery_id": "d_1", "delivery_id": "d_2"}}}',
    ],
)
def test_a_field_with_two_values_is_no_guess(settings: Settings, line: bytes) -> None:
    with pytest.raises(Unusable, match="twice with different values"):
        read(settings, line)


def test_two_columns_of_one_name_are_seen(settings: Settings) -> None:
    header: Header = read_header(b"out_id,status,time,out_id\n")
    with pytest.raises(Unusable, match="twice"):
        read(settings, header.as_json(b"d_1,sent,1782785100,d_2\n"))
    assert read(settings, header.as_json(b"d_1,sent,1782785100,d_1\n")).delivery_id == "d_1"


@pytest.mark.parametrize("line", [b'{"a": {"b": 1}}', b'{"msg": [1]}', b'{"msg": {"our_ref": {"x": 1}}}', b"{}"])
def test_what_is_nested_otherwise_is_missing_and_nothing_breaks(settings: Settings, line: bytes) -> None:
    with pytest.raises(Unusable, match=r"delivery_id: (missing|not one of ours)"):
        read(with_receipts(settings, delivery_id="msg.our_ref"), line)


@pytest.mark.parametrize(
    ("receipts", "said"),
    [
        ({"delivery": "x"}, r"destinations\.crm_webhook\.receipts.*delivery"),
        ({"words": {"1": "gone"}}, r"words: 'gone' must be one of accepted"),
        ({"delivery_id": 3}, r"delivery_id"),
    ],
)
def test_a_wrong_section_is_refused_with_its_name(settings: Settings, receipts: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        field_names_of(rules_of_project(*RULES), with_receipts(settings, **receipts), "crm_webhook")


def test_what_files_are_called_does_not_make_a_disabled_destination_a_new_one(settings: Settings) -> None:
    before, after = (open_destination(each, "crm_webhook") for each in (settings, with_receipts(settings, event="x")))
    assert before.fingerprint == after.fingerprint


def test_an_opt_out_under_another_tools_names_closes_the_address(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1)])
    deliver(settings, now)
    with reading(engine(settings)) as connection:
        delivery_id = connection.scalar(select(deliveries.c.delivery_id))
    folder = settings.landing / "receipts" / "crm_webhook"
    folder.mkdir(parents=True)
    line = {
        "event-data": {"event": "complained", "timestamp": 1782785100, "user-variables": {"delivery_id": delivery_id}}
    }
    (folder / "1.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert collect(settings).closed == 1
