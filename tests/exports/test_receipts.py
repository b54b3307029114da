"""Receipts come back: in any order, twice, broken, half-written."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import exports.receipts.collect
from exports.delivery.deliver import deliver
from exports.receipts.collect import collect
from exports.receipts.replay_and_undo import replay
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.operations import (
    consents,
    deliveries,
    delivery_events,
    engine,
    reading,
    receipt_files,
    receipt_quarantine,
    suppressions,
)
from stores.settings import Settings


@pytest.fixture
def sent(settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime) -> list[str]:
    """Delivery ids of four accepted text messages, by customer."""
    publish_plan([row(number) for number in range(4)])
    deliver(settings, now)
    with reading(engine(settings)) as connection:
        return list(connection.scalars(select(deliveries.c.delivery_id).order_by(deliveries.c.customer_id)))


@pytest.fixture
def drop(settings: Settings) -> Callable[..., Path]:
    """Drop a receipt file of events (delivery, event, detail) or of raw lines."""

    def write(name: str, *lines: Any, end: str = "\n") -> Path:
        folder = settings.landing / "receipts"
        folder.mkdir(parents=True, exist_ok=True)
        texts = []
        for line in lines:
            if not isinstance(line, str):
                delivery_id, event, *detail = line
                line = json.dumps({
                    "event_id": f"{event}-{delivery_id}-{''.join(detail)}",
                    "delivery_id": delivery_id,
                    "event": event,
                    "detail": detail[0] if detail else None,
                    "occurred_at": "2026-06-30T10:05:00+08:00",
                })  # fmt: skip
            texts.append(line)
        path = folder / name
        path.write_text("\n".join(texts) + end, encoding="utf-8")
        return path

    return write


@pytest.fixture
def states(settings: Settings) -> Callable[[], list[str]]:
    def by_customer() -> list[str]:
        with reading(engine(settings)) as connection:
            return list(connection.scalars(select(deliveries.c.state).order_by(deliveries.c.customer_id)))

    return by_customer


def rows(settings: Settings, table: Any) -> list[Any]:
    with reading(engine(settings)) as connection:
        return list(connection.execute(select(table)).all())


def test_messages_move_forward_in_whatever_order_receipts_come(
    settings: Settings, sent: list[str], drop: Callable[..., Path], states: Callable[[], list[str]]
) -> None:
    drop("1.jsonl", (sent[0], "clicked"), (sent[1], "delivered"), (sent[2], "failed"), (sent[3], "sent"))
    drop("2.jsonl", (sent[0], "sent"), (sent[0], "delivered"), (sent[1], "sent"), (sent[2], "delivered"))
    report = collect(settings)
    assert (report.files, report.events, report.duplicates, report.rejected) == (2, 8, 0, 0)
    assert states() == ["delivered", "delivered", "failed", "sent"]
    assert len(rows(settings, delivery_events)) == 8


def test_a_file_that_comes_twice_or_grows_adds_only_what_is_new(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop("1.jsonl", (sent[0], "sent"))
    collect(settings)
    drop("renamed.jsonl", (sent[0], "sent"))
    again = collect(settings)
    assert (again.files, again.events, again.duplicates) == (0, 0, 0)
    drop("1.jsonl", (sent[0], "sent"), (sent[0], "delivered"), (sent[0], "delivered"))
    grown = collect(settings)
    assert (grown.files, grown.events, grown.duplicates) == (1, 1, 2)
    assert len(rows(settings, receipt_files)) == 2


def test_times_without_an_offset_are_business_time(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    line = {"event_id": "e", "delivery_id": sent[0], "event": "sent", "occurred_at": "2026-06-30 10:05:00"}
    drop("1.jsonl", json.dumps(line))
    collect(settings)
    assert rows(settings, delivery_events)[0].occurred_at == datetime(2026, 6, 30, 2, 5)


@pytest.mark.parametrize(
    ("event", "detail", "expected"),
    [
        ("unsubscribed", "", ("sms", "unsubscribed")),
        ("complained", "", ("*", "complained")),
        ("bounced", "hard", ("sms", "bounced")),
        ("bounced", "", ("sms", "bounced")),
    ],
)
def test_whoever_must_not_be_written_to_is_suppressed_at_once(
    settings: Settings, sent: list[str], drop: Callable[..., Path], event: str, detail: str, expected: tuple[str, str],
    row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, tool: Any,
) -> None:  # fmt: skip
    drop("1.jsonl", (sent[0], event, detail))
    collect(settings)
    (found,) = rows(settings, suppressions)
    assert (found.channel, found.reason, found.is_active) == (*expected, True)
    assert found.identifier_token == row(0)["identifier_token"]
    later = now + timedelta(days=31)
    publish_plan([row(0, occurrence="2026-07", as_of=later.date())], as_of=later.date())
    report = deliver(settings, later)
    assert (report.sent, report.refused) == (0, {"suppressed": 1})


def test_unsubscribing_withdraws_the_consent_with_its_evidence(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop("1.jsonl", (sent[0], "unsubscribed"))
    collect(settings)
    (consent,) = rows(settings, consents)
    assert (consent.channel, consent.purpose, consent.granted) == ("sms", "marketing", False)
    assert consent.source == f"receipt unsubscribed-{sent[0]}-: unsubscribed"


def test_soft_bounces_suppress_only_when_they_go_on_for_days(
    settings: Settings, sent: list[str], drop: Callable[..., Path], now: datetime
) -> None:
    for number, hours in enumerate((0, 1, 71, 72)):
        moment = (now + timedelta(hours=hours)).isoformat()
        line = {"event_id": str(number), "delivery_id": sent[0], "event": "bounced", "detail": "soft: full"}
        drop(f"{number}.jsonl", json.dumps({**line, "occurred_at": moment}))
        collect(settings)
        assert [found.reason for found in rows(settings, suppressions)] == (["bounced"] if hours == 72 else [])


def test_lines_that_cannot_be_used_are_kept_sealed_and_reported_and_the_rest_counts(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop(
        "bad.jsonl",
        '{"event_id": "x", "phone": "13800000001"',
        "",
        json.dumps({"event_id": "y", "delivery_id": sent[0], "event": "vanished", "occurred_at": "2026-06-30"}),
        ("d_nobody", "sent"),
        json.dumps({"event_id": "z", "delivery_id": sent[0], "event": "sent", "occurred_at": "soon"}),
        (sent[0], "delivered"),
    )
    report = collect(settings)
    assert (report.events, report.rejected) == (1, 4)
    assert [reason.split(": ")[0] for reason in report.reasons] == [f"bad.jsonl:{n}" for n in (1, 3, 4, 5)]
    kept = rows(settings, receipt_quarantine)
    assert sorted(row.line for row in kept) == [1, 3, 4, 5]
    keyring = open_keyring(settings)
    assert "13800000001" in keyring.unseal("row", min(kept, key=lambda row: row.line).row_cipher)
    database = settings.home / "operations"
    assert all(b"13800000001" not in path.read_bytes() for path in database.iterdir())


def test_a_half_written_line_waits_and_an_abandoned_one_is_rejected(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    path = drop("1.jsonl", (sent[0], "sent"), '{"event_id": "half', end="")
    assert collect(settings).waiting == ["1.jsonl"]
    assert rows(settings, delivery_events) == []
    long_ago = path.stat().st_mtime - 3600
    os.utime(path, (long_ago, long_ago))
    report = collect(settings)
    assert (report.events, report.rejected, report.waiting) == (1, 1, [])


def test_a_whole_last_line_without_its_line_end_is_read(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop("1.jsonl", (sent[0], "sent"), end="")
    assert collect(settings).events == 1


def test_a_collection_that_dies_between_portions_is_finished_by_the_next(
    settings: Settings, sent: list[str], drop: Callable[..., Path], states: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(exports.receipts.collect, "_LINES", 2)
    drop("1.jsonl", *[(delivery_id, event) for delivery_id in sent for event in ("sent", "delivered")])
    carried_out = exports.receipts.collect.apply
    calls: list[int] = []

    def dies_in_the_third(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        carried_out(*arguments)

    monkeypatch.setattr(exports.receipts.collect, "apply", dies_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        collect(settings)
    assert states() == ["delivered", "delivered", "accepted", "accepted"]
    report = collect(settings)
    assert (report.events, report.duplicates) == (4, 4)
    assert states() == ["delivered"] * 4


def test_a_receipt_settles_a_message_in_doubt(
    settings: Settings, tool: Any, faults: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    now: datetime, drop: Callable[..., Path], states: Callable[[], list[str]],
) -> None:  # fmt: skip
    tool.faults = [faults.dropping(takes_first=True)]
    publish_plan([row(1)])
    assert deliver(settings, now).unknown == 1
    (delivery_id,) = tool.taken
    drop("1.jsonl", (delivery_id, "delivered"))
    collect(settings)
    assert states() == ["delivered"]
    assert deliver(settings, now).sent_before == 1
    assert len(tool.requests) == 1


def test_without_receipts_there_is_nothing_to_do(settings: Settings) -> None:
    assert collect(settings).files == 0


def test_receipts_wait_for_the_rules_of_a_publication(settings: Settings, drop: Callable[..., Path]) -> None:
    assert collect(settings).is_clean
    drop("1.jsonl", ("d_1", "delivered"))
    report = collect(settings)
    assert (report.files, report.rejected) == (0, 0)
    assert report.unread == ["1.jsonl: waits until something is published here, by whose rules it is read"]
    with pytest.raises(UserError, match="Nothing is published"):
        replay(settings)


def test_one_file_one_event_and_one_address_are_told_in_the_singular(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        exports.receipts.collect._tell(exports.receipts.collect.ReceiptReport(files=1, events=1, closed=1))
    assert caplog.messages == ["Receipts: 1 file, 1 new event, 0 known, 0 rejected, 1 address closed"]
