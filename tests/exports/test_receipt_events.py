"""Receipts as foreign tools write them: numbering of their own, other words, other formats, broken lines, attacks."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

import exports.receipts.files
from exports.deliver import deliver
from exports.receipts import collect
from exports.receipts.batches import overview, replay, undo
from exports.receipts.lines import read_time
from exports.receipts.words import read_words
from stores.errors import UserError
from stores.operations import audit_log, consents, deliveries, delivery_events, engine, reading, suppressions
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


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Unsubscribed", "unsubscribed"), ("UNSUBSCRIBE", "unsubscribed"), ("opt-out", "unsubscribed"),
        ("退订", "unsubscribed"), ("spamreport", "complained"), ("Spam Report", "complained"), ("abuse", "complained"),
        ("DELIVRD", "delivered"), ("Open", "opened"), ("click", "clicked"), ("hard_bounce", "bounced"),
        ("softbounce", "bounced"), ("dropped", "failed"),
    ],
)  # fmt: skip
def test_other_words_for_events_are_rows(settings: Settings, word: str, meant: str) -> None:
    found = read_words(settings).event(word)
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
def test_what_a_bounce_means_is_a_row(settings: Settings, detail: str | None, expected: str) -> None:
    assert read_words(settings).bounce_class(detail) == expected


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
    monkeypatch.setattr(exports.receipts.files, "MOST_BYTES", 3_000_000)
    monkeypatch.setattr(exports.receipts.files, "MOST_LINES", 1_000)
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


def test_lines_are_tried_again_after_a_rule_was_added(
    settings: Settings, sent: list[str], drop: Callable[..., Path], tmp_path: Path
) -> None:
    drop("1.jsonl", [event(sent[0], "Abgemeldet"), event("d_nobody", "opened")])
    assert collect(settings).rejected == 2
    root = tmp_path / "root"
    for name in ("receipt_events.csv", "bounce_classes.csv", "receipt_limits.csv"):
        seed = settings.project_root / "dbt_project" / "seeds" / "receipts" / name
        copy = root / "dbt_project" / "seeds" / "receipts" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(seed.read_text("utf-8") + ("abgemeldet,unsubscribed,\n" if "events" in name else ""), "utf-8")
    changed = settings.model_copy(update={"project_root": root})
    replayed = replay(changed)
    assert (replayed.tried, replayed.events, replayed.waiting) == (2, 1, 1)
    assert closed(settings) == {("sms", "unsubscribed")}
    assert overview(settings).waiting_in_all == 1
    assert replay(changed).events == 0
    with pytest.raises(UserError, match="in quarantine"):
        replay(settings, "nothing.jsonl")


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
