"""Receipt files as foreign tools write them: other formats, broken lines, links, bombs."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

import exports.receipts.receipt_files
from exports.delivery.deliver import deliver
from exports.receipts.collect import collect
from exports.receipts.replay_and_undo import overview
from stores.operations import deliveries, delivery_events, engine, reading, suppressions
from stores.settings import Settings

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


BAD = [
    '{"delivery_id": "ID", "event": "opened", "occurred_at": "0001-01-01"}',
    '{"delivery_id": "ID", "event": "opened", "occurred_at": "0001-01-01T00:00:00+14:00"}',
    '{"delivery_id": "ID", "event": "opened", "occurred_at": "9999-12-31T23:59:59-14:00"}',
    '{"delivery_id": "ID", "event": "opened", "occurred_at": 1e400}',
    '{"delivery_id": "ID", "event": "opened", "occurred_at": NaN}',
    '{"delivery_id": "ID", "event": "opened", "occurred_at": ' + "9" * 5000 + "}",
    '{"delivery_id": "ID", "event": null, "occurred_at": "2026-06-30"}',
    '{"delivery_id": null, "event": "opened", "occurred_at": "2026-06-30"}',
    '{"delivery_id": 12345678901, "event": "opened", "occurred_at": "2026-06-30"}',
    '{"delivery_id": {"a": []}, "event": "opened", "occurred_at": "2026-06-30"}',
    '{"delivery_id": "ID", "event": "opened", "event": "unsubscribed", "occurred_at": "2026-06-30"}',
    "[" * 100_000,
    '{"delivery_id": ' * 50_000,
    '{"delivery_id": "ID", "event": "opened", "detail": ' + "[" * 900 + "]" * 900 + ', "occurred_at": 1}',
    "null", "12", '"text"', "[]", "{}", "{", "\x00\x01\x02", "ÿþ", "NaN",
    "x" * 200_000,
]  # fmt: skip


def test_one_bad_line_never_stops_the_others(settings: Settings, sent: list[str], drop: Callable[..., Path]) -> None:
    for suffix in (".jsonl", ".json"):
        for number, bad in enumerate(BAD):
            good = GOOD.replace(b"7", f'"{number}{suffix}"'.encode()) % sent[number % 5].encode()
            drop(f"{number}{suffix}", bad.replace("ID", sent[1]).encode("latin-1") + b"\n" + good + b"\n")
    report = collect(settings)
    assert (report.events, report.rejected) == (2 * len(BAD), 2 * len(BAD))
    assert not report.is_clean
    assert overview(settings).waiting_in_all == 2 * len(BAD)
    assert len(closed_addresses(settings)) == 5


def test_an_odd_detail_costs_no_opt_out(settings: Settings, sent: list[str], drop: Callable[..., Path]) -> None:
    kept = {
        "1": ({"code": 550}, '{"code": "550"}'), "2": ("a\x00b\nc\x1b[31m", "a b c [31m"), "3": ("\ud800", None),
        "4": (None, None), "6": ([[1]], '[["1"]]'), "7": ("HERE", "\ufffd\ufffd"),
        "8": ("reply of 139 1234 5678", "reply of 【手机】"),
    }  # fmt: skip
    kept["5"] = ("x" * 9_000, "…")
    for number, (detail, _) in kept.items():
        line = json.dumps(event(sent[int(number) % 5], "unsubscribed", number, detail=detail)).encode()
        drop(f"{number}.jsonl", line.replace(b"HERE", b"\xff\xb6") + b"\n")
    assert collect(settings).events == len(kept)
    found = {row.peer_event_id: row.detail for row in rows(settings, delivery_events)}
    assert len(found["5"]) < 510
    found["5"] = found["5"][-1]
    assert found == {number: text for number, (_, text) in kept.items()}
    assert len(closed_addresses(settings)) == 5


def test_files_are_read_as_tools_write_them(settings: Settings, sent: list[str], drop: Callable[..., Path]) -> None:
    forms = [
        ("1.jsonl", b"\xef\xbb\xbf", b"\n"), ("2.JSONL", b"", b"\r\n"), ("3.ndjson", b"\n\n", b""),
        ("4.json", b"[", b"]"), ("5.json", b"\xef\xbb\xbf [\n", b"\n]\n"), ("6.jsonl", b"[", b"]"),
        ("7.json", b"", b""), ("8.jsonl.gz", b"", b"\n"), ("9.JSON.GZ", b"[", b"]"),
    ]  # fmt: skip
    for number, (name, before, after) in enumerate(forms):
        content = before + GOOD.replace(b"7", str(number).encode()) % sent[number % 5].encode() + after
        drop(name, gzip.compress(content) if name.lower().endswith(".gz") else content)
    report = collect(settings)
    assert (report.events, report.rejected, report.unread, report.waiting) == (len(forms), 0, [], [])
    assert len(closed_addresses(settings)) == 5


def test_an_array_over_several_lines_loses_only_its_broken_member(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    good = json.dumps(event(sent[0], "opened", detail='a ] } , " \\ b'), indent=2)
    drop("a.json", f'[{good},\n {{"event": }},\n {"[" * 5000 + "]" * 5000}, {good.replace("1001", "2")}]'.encode())
    report = collect(settings)
    assert (report.events, report.rejected) == (2, 2)


def test_a_table_is_read_too(settings: Settings, sent: list[str], drop: Callable[..., Path]) -> None:
    for delimiter in ",;\t":
        lines = [
            ["Event-ID", "DeliveryId", "EVENT", "detail", "occurred_at"],
            [f"1{ord(delimiter)}", sent[0], "Unsubscribed", '"a, b; c"', "1782785100"],
            ["2", sent[1]],
            [f"3{ord(delimiter)}", sent[1], "spamreport", "", "1782785100000"],
        ]
        text = "\r\n".join(delimiter.join(line) for line in lines)
        drop(f"{ord(delimiter)}.CSV", text.encode("utf-8-sig"))
    report = collect(settings)
    assert (report.events, report.rejected) == (6, 3)
    assert closed(settings) == {("sms", "unsubscribed"), ("*", "complained")}


def test_what_is_in_the_folder_and_is_not_read_is_said_each_time(
    settings: Settings, sent: list[str], drop: Callable[..., Path], tmp_path: Path
) -> None:
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(GOOD % sent[0].encode())
    folder = drop("report.xlsx", b"PK").parent
    drop("x.jsonl", b"", folder="nobody")
    drop("draft.jsonl.part", b"{")
    (folder / "link.jsonl").symlink_to(outside)
    (folder / "dangling.jsonl").symlink_to(tmp_path / "nothing")
    (folder / "folder.jsonl").mkdir()
    (folder.parent / "link").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.jsonl")
    for _ in range(2):
        names = sorted(text.split(": ")[0] for text in collect(settings).unread)
        assert names == [
            "crm_webhook/dangling.jsonl", "crm_webhook/folder.jsonl/", "crm_webhook/link.jsonl",
            "crm_webhook/pipe.jsonl", "crm_webhook/report.xlsx", "link", "nobody/",
        ]  # fmt: skip
    assert rows(settings, delivery_events) == []


@pytest.mark.parametrize("kind", ["one line", "many lines"])
def test_a_bomb_is_bounded_and_what_came_before_it_holds(
    settings: Settings, sent: list[str], drop: Callable[..., Path], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports.receipts.receipt_files, "MOST_BYTES", 3_000_000)
    monkeypatch.setattr(exports.receipts.receipt_files, "MOST_LINES", 1_000)
    flood = b"\x00" * 9_000_000 if kind == "one line" else b"\n" * 9_000
    drop("1.jsonl.gz", gzip.compress(GOOD % sent[0].encode() + b"\n" + flood))
    drop("2.jsonl", GOOD % sent[1].encode())
    report = collect(settings)
    assert report.events == 2
    (unread,) = report.unread
    assert unread.startswith("crm_webhook/1.jsonl.gz: more than")


def test_a_compressed_file_that_is_cut_off_gives_what_is_there(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    whole = gzip.compress(b"".join(GOOD % each.encode() + b"\n" for each in sent[:5]) + os.urandom(200_000))
    path = drop("1.jsonl.gz", whole[:-100_000])
    assert collect(settings).waiting == ["crm_webhook/1.jsonl.gz"]
    os.utime(path, (0, 0))
    report = collect(settings)
    assert report.events == 5
    assert "cut off" in report.unread[0]
    drop("2.jsonl.gz", b"no gzip at all")
    assert "2.jsonl.gz" in collect(settings).unread[0]


def test_names_of_files_reach_the_log_without_control_characters(
    settings: Settings, sent: list[str], drop: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    drop("a\nERROR all is lost\x1b[31m.jsonl", b"{\n")
    drop("b\r\n 13912345678.txt", b"")
    with caplog.at_level("INFO"):
        collect(settings)
    assert caplog.records
    assert all(record.getMessage().isprintable() for record in caplog.records)
    assert "13912345678" not in caplog.text


def test_a_line_repeats_nothing_personal_in_its_reason(
    settings: Settings, sent: list[str], drop: Callable[..., Path]
) -> None:
    drop("1.jsonl", [event("13800000001", "opened"), event(sent[0], "13800000001"), event(sent[0], "Lin Daiyu")])
    assert collect(settings).rejected == 3
    assert not [row for row in overview(settings).waiting if "138" in row.reason or "Lin" in row.reason]


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=300), suffix=st.sampled_from([".jsonl", ".json", ".csv", ".jsonl.gz"]))
def test_whatever_a_file_holds_the_next_one_counts(
    settings: Settings, sent: list[str], drop: Callable[..., Path], junk: bytes, suffix: str
) -> None:
    drop(f"a{suffix}", junk)
    drop("b.jsonl", GOOD.replace(b"7", str(hash(junk)).encode()) % sent[2].encode())
    path = settings.landing / "receipts" / "crm_webhook" / f"a{suffix}"
    os.utime(path, (0, 0))
    assert collect(settings).events <= 1
    assert closed(settings) == {("sms", "unsubscribed")}
