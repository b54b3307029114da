"""Consents that a contract declares and that never came: told everywhere, and nobody's yes."""

import pytest

from ingestion.channels import discover
from ingestion.contract import Channel, ConsentColumn, Table
from ingestion.lake.undelivered_consents import keep_undelivered
from orchestration.channel_freshness import freshness
from orchestration.cli.lake import freshness_of_channels
from orchestration.cli.session import console
from orchestration.cli.status_document import status_document
from orchestration.cli.summary import print_overview
from orchestration.installation_overview import overview
from orchestration.sending import late_answers
from orchestration.sending.late_answers import read_late_answers
from stores.settings import Settings


def test_they_are_told_with_what_nobody_can_be_messaged_over(settings: Settings) -> None:
    keep_undelivered(settings, discover()["loyalty"], {"members": frozenset({"sms"})})
    told = {one.channel: one.undelivered_consents for one in freshness(settings)}
    assert {name: tables for name, tables in told.items() if tables} == {"loyalty": {"members": ["sms"]}}
    seen = overview(settings)
    assert status_document(settings, seen, 0)["undelivered_consents"] == {"loyalty": {"members": ["sms"]}}
    for tell in (lambda: print_overview(settings, seen), lambda: freshness_of_channels(settings.home)):
        with console.capture() as said:
            tell()
        words = " ".join(said.get().split())
        assert "loyalty: consents were never delivered (members); nobody of it can be messaged over sms" in words


def test_they_hold_messages_over_their_channels_until_they_come(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = Table("people", {"no": "text"}, key=["no"], pattern="people*.csv")
    said = Table("said", {"no": "text", "ok": "bool"}, pattern="said*.csv",
                 consents=[ConsentColumn("ok", "no", "member_no", "email")])  # fmt: skip
    monkeypatch.setattr(late_answers, "channels_in_use", lambda _: {"trade": Channel("trade", "贸易", [people, said])})
    quiet = settings.model_copy(update={"channels": {"trade": {"settle_seconds": 0}}})
    landing = settings.landing / "trade"
    landing.mkdir(parents=True)
    assert read_late_answers(quiet).unread == {}
    (landing / "people.csv").write_text("no\n1\n")
    assert read_late_answers(quiet).unread == {"trade": frozenset({"email"})}
    (landing / "said.csv").write_text("no,ok\n1,yes\n")
    assert read_late_answers(quiet).unread == {}
