"""Receipts as foreign tools write them: numbering, words and times of their own; files that must be taken back."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from exports.delivery.deliver import deliver
from exports.receipts.collect import collect
from exports.receipts.parse_line import read_time
from exports.receipts.replay_and_undo import overview, replay, undo
from exports.receipts.status_words import RULES, words_of
from stores.errors import UserError
from stores.operations import audit_log, consents, deliveries, engine, reading, suppressions
from stores.settings import Settings
from stores.warehouse import connect, writer_lock
from tests.testing.seeds import rules_of_project

TIME = "2026-06-30T10:05:00+08:00"


@pytest.fixture
def sent(settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime) -> list[str]:
    """Delivery ids of five accepted text messages, by customer, and of three pushes by file."""
    texts = [row(number) for number in range(5)]
    pushes = [row(number, channel="app_push", customer_id=f"p{number}") for number in range(3)]
    publish_plan([*texts, *pushes])
    deliver(settings, now)
    d = deliveries.c
    with reading(engine(settings)) as connection:
        return list(connection.scalars(select(d.delivery_id).order_by(d.destination.desc(), d.customer_id)))


@pytest.fixture
def drop(settings: Settings) -> Callable[..., Path]:
    """Drop a file with these bytes or events into the folder of the webhook."""

    def write(name: str, content: bytes | list[Any], folder: str = "crm_webhook") -> Path:
        path = settings.landing / "receipts" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            content = b"".join(json.dumps(event).encode() + b"\n" for event in content)
        path.write_bytes(content)
        return path

    return write


def event(delivery_id: str, what: str, number: Any = "msg-1001", **more: Any) -> dict[str, Any]:
    return {"event_id": number, "delivery_id": delivery_id, "event": what, "occurred_at": TIME, **more}


def rows(settings: Settings, table: Any) -> list[Any]:
    with reading(engine(settings)) as connection:
        return list(connection.execute(select(table)).all())


def closed_addresses(settings: Settings) -> set[str]:
    return {found.identifier_token for found in rows(settings, suppressions) if found.is_active}


def closed(settings: Settings) -> set[tuple[str, str]]:
    return {(found.channel, found.reason) for found in rows(settings, suppressions) if found.is_active}


GOOD = b'{"event_id": 7, "delivery_id": "%s", "event": "unsubscribed", "occurred_at": "2026-06-30T10:05:00+08:00"}'


def test_tools_number_as_they_like_and_no_event_is_lost(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop("1.jsonl", [event(sent[0], "delivered")])
    drop("2.jsonl", [event(sent[0], "unsubscribed")])
    drop("3.jsonl", [event(sent[1], "complained", 1), event(sent[1], "opened", 1)])
    drop("4.jsonl", [event(sent[5], "unsubscribed", 1)], folder="app_push_files")
    report = collect(settings)
    assert (report.events, report.duplicates, report.rejected, report.repeated_ids) == (5, 0, 0, 2)
    assert closed(settings) == {("sms", "unsubscribed"), ("*", "complained"), ("app_push", "unsubscribed")}
    shown = [(row.destination, row.peer_event_id, row.event) for row in overview(settings).repeated]
    assert ("crm_webhook", "msg-1001", "unsubscribed") in shown
    assert len(shown) == 4


def test_an_event_of_before_is_known_again(settings: Settings, sent: list[str], drop: Callable[..., Path]) -> None:
    drop("1.jsonl", [event(sent[0], "delivered")])
    collect(settings)
    drop("1.jsonl", [event(sent[0], "delivered"), event(sent[0], "delivered"), event(sent[0], "delivered", "other")])
    report = collect(settings)
    assert (report.events, report.duplicates, report.repeated_ids) == (1, 2, 0)


def test_an_opt_out_with_an_impossible_time_waits_in_quarantine_and_holds(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    times = ["0001-01-01", "9999-12-31", "2020-01-01", None, "soon"]
    drop("1.jsonl", [
        *(event(each, "unsubscribed", occurred_at=time) for each, time in zip(sent, times, strict=False)),
        *(event(each, "opened", occurred_at=1e18) for each in sent), event(sent[0], "complained", occurred_at=""),
    ])  # fmt: skip
    report = collect(settings)
    assert (report.events, report.rejected, report.closed) == (0, 5 + 8 + 1, 5)
    assert closed(settings) == {("sms", "unsubscribed"), ("*", "complained")}
    assert rows(settings, consents) == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Unsubscribed", "unsubscribed"), ("UNSUBSCRIBE", "unsubscribed"), ("opt-out", "unsubscribed"),
        ("退订", "unsubscribed"), ("spamreport", "complained"), ("Spam Report", "complained"), ("abuse", "complained"),
        ("DELIVRD", "delivered"), ("Open", "opened"), ("click", "clicked"), ("hard_bounce", "bounced"),
        ("softbounce", "bounced"), ("dropped", "failed"),
    ],
)  # fmt: skip
def test_other_words_for_events_are_rows(word: str, meant: str) -> None:
    found = words_of(rules_of_project(*RULES)).event(word)
    assert found is not None
    assert found[0] == meant


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("mailbox full", "soft"), ("MailboxFull", "soft"), ("552 5.2.2 over quota", "soft"), ("邮箱已满", "soft"),
        ("soft: full", "soft"), ("4.2.2", "soft"), ("452", "soft"), ("550 5.1.1 user unknown", "hard"),
        ("空号", "hard"), ("number_not_in_service", "hard"), ("", "hard"), (None, "hard"), ("hard", "hard"),
        ("fully wrong", "hard"), ("5.14.2.2", "hard"),
    ],
)  # fmt: skip
def test_what_a_bounce_means_is_a_row(detail: str | None, expected: str) -> None:
    assert words_of(rules_of_project(*RULES)).bounce_class(detail) == expected


def test_a_full_mailbox_closes_no_address(settings: Settings, sent: list[str], drop: Callable[..., Path]) -> None:
    drop("1.jsonl", [
        event(sent[0], "bounced", 1, detail="mailbox full"), event(sent[1], "soft_bounce", 2),
        event(sent[2], "bounced", 3, bounceType="Transient"), event(sent[3], "bounced", 4, detail="5.1.1"),
    ])  # fmt: skip
    collect(settings)
    (found,) = rows(settings, suppressions)
    assert found.reason == "bounced"


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-30T10:05:00+08:00", "2026-06-30 02:05:00Z", "2026-06-30 10:05", "2026/06/30 10:05:00",
        "20260630100500", "1782785100", "1782785100.0", "1782785100000", "1782785100000000",
    ],
)  # fmt: skip
def test_times_are_read_in_every_usual_form(settings: Settings, text: str) -> None:
    from zoneinfo import ZoneInfo

    assert read_time(text, ZoneInfo(settings.timezone)) == datetime(2026, 6, 30, 2, 5)


def test_a_delivery_belongs_to_the_destination_whose_folder_the_file_is_in(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    path = drop("1.jsonl", [event(sent[0], "complained")], folder="app_push_files")
    report = collect(settings)
    assert (report.events, report.rejected) == (0, 1)
    assert closed(settings) == set()
    path.rename(drop("2.jsonl", b"").with_name("moved.jsonl"))
    assert collect(settings).events == 1
    assert closed(settings) == {("*", "complained")}


def test_a_file_that_closes_everybody_is_obeyed_announced_and_can_be_taken_back(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], drop: Callable[..., Path],
    now: datetime, tool: Any,
) -> None:  # fmt: skip
    publish_plan([row(number) for number in range(60)])
    deliver(settings, now)
    ids = [found.delivery_id for found in rows(settings, deliveries)]
    drop("good.jsonl", [event(ids[0], "unsubscribed")])
    assert collect(settings).alarms == []
    drop("wrong.jsonl", [event(each, "complained" if number % 2 else "unsubscribed", f"w{number}")
                         for number, each in enumerate(ids)])  # fmt: skip
    report = collect(settings)
    assert report.closed >= 59
    (alarm,) = report.alarms
    assert "undo" in alarm
    assert "--by NAME --why REASON` takes it back" in alarm
    assert len([found for found in rows(settings, suppressions) if found.is_active]) == 60
    with pytest.raises(UserError, match="--by and --why"):
        undo(settings, "crm_webhook/wrong.jsonl", "", "")
    with pytest.raises(UserError, match="no receipt file"):
        undo(settings, "nothing", "lin", "why")
    taken_back = undo(settings, "crm_webhook/wrong.jsonl", "lin", "the tool's test data")
    assert (taken_back.opened, taken_back.still_closed) == (59, 2)
    active = [found for found in rows(settings, suppressions) if found.is_active]
    assert [found.reason for found in active] == ["unsubscribed"]
    assert len([found for found in rows(settings, consents) if not found.granted]) == 1
    (entry,) = [found for found in rows(settings, audit_log) if found.action == "change"]
    assert (entry.actor, entry.purpose, entry.records) == ("lin", "the tool's test data", 60)
    with pytest.raises(UserError, match="already"):
        undo(settings, "crm_webhook/wrong.jsonl", "lin", "again")
    later = now + timedelta(days=31)
    publish_plan([row(n, occurrence="2026-07", as_of=later.date()) for n in range(60)], as_of=later.date())
    assert deliver(settings, later).sent == 59
    path = settings.landing / "receipts" / "crm_webhook" / "wrong.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")
    assert collect(settings).closed == 0, "what was taken back stays open when the file comes again"


def test_an_opt_out_of_a_file_that_was_taken_back_counts_again_when_another_file_tells_it(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop("wrong.jsonl", [event(sent[0], "unsubscribed", "w1"), event(sent[0], "delivered", "w2")])
    assert collect(settings).closed == 1
    undo(settings, "crm_webhook/wrong.jsonl", "lin", "the tool's test data")
    assert closed(settings) == set()
    drop("right.jsonl", [event(sent[0], "unsubscribed", "w1")])
    report = collect(settings)
    assert (report.events, report.closed) == (0, 1)
    assert closed(settings) == {("sms", "unsubscribed")}
    assert [found for found in rows(settings, consents) if not found.granted]
    drop("once_more.jsonl", [event(sent[0], "unsubscribed", "w1"), event(sent[0], "opened", "w3")])
    assert collect(settings).closed == 0
    undo(settings, "crm_webhook/right.jsonl", "lin", "wrong as well")
    assert closed(settings) == {("sms", "unsubscribed")}, "a third file tells it"
    undo(settings, "crm_webhook/once_more.jsonl", "lin", "all three are wrong")
    assert closed(settings) == set()
    assert not [found for found in rows(settings, consents) if not found.granted]


@pytest.mark.parametrize("happened", ["unsubscribed", "complained", "bounced"])
def test_taking_a_file_back_opens_nothing_that_another_file_tells_as_well(
    settings: Settings, sent: list[str], drop: Callable[..., Path], happened: str
) -> None:
    drop("first.jsonl", [event(sent[0], happened, "w1")])
    drop("second.jsonl", [event(sent[0], happened, "w1"), event(sent[1], "delivered", "w2")])
    assert collect(settings).closed == 1
    first, second = "crm_webhook/first.jsonl", "crm_webhook/second.jsonl"
    assert undo(settings, first, "lin", "the tool's test data").opened == 0
    assert closed(settings)
    assert undo(settings, second, "lin", "the tool's test data").opened == 1
    assert closed(settings) == set()


def test_lines_are_tried_again_after_a_rule_was_published(
    settings: Settings, sent: list[str], drop: Callable[..., Path], row: Callable[..., Any],
    publish_plan: Callable[..., Any],
) -> None:  # fmt: skip
    drop("1.jsonl", [event(sent[0], "Abgemeldet"), event("d_nobody", "opened")])
    assert collect(settings).rejected == 2
    assert replay(settings).events == 0
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("insert into seeds.receipt_events values ('abgemeldet', 'unsubscribed', null)")
    publish_plan([row(0)])
    replayed = replay(settings)
    assert (replayed.tried, replayed.events, replayed.waiting) == (2, 1, 1)
    assert closed(settings) == {("sms", "unsubscribed")}
    assert overview(settings).waiting_in_all == 1
    assert replay(settings).events == 0
    with pytest.raises(UserError, match="in quarantine"):
        replay(settings, "nothing.jsonl")
