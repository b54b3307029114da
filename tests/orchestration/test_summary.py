"""What the command line says about a delivery: every reason in words, none counted away."""

from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.cli.session import console
from orchestration.cli.status_document import status_document
from orchestration.cli.summary import _print_unreadable, print_delivery, print_overview
from orchestration.installation_overview import Overview
from orchestration.runs.run_job import JobOutcome
from orchestration.runs.run_metadata import UNREADABLE
from serving.totals import Segment
from stores.settings import Settings
from stores.warehouse import Publication
from tests.testing import small_publication


def test_each_reason_is_said_in_both_languages_and_those_that_hold_and_refuse_are_added_up(settings):
    small_publication.publish_fixture(settings)
    report = {
        "sent": 1, "sent_before": 0, "unknown": 0, "retry": 0, "obstacle": "none", "stopped": {},
        "held": {"campaign_changed": 2, "consents_not_read: shop": 1}, "refused": {"campaign_changed": 3},
    }  # fmt: skip
    with console.capture() as said:
        print_delivery(settings, JobOutcome("run", True, assets={"engagement/deliveries": report}))
    told = " ".join(said.get().split())
    assert "campaign_changed 5, consents_not_read: shop 1" in told
    assert "campaign_changed: The campaign has another version. 活动已有新版本。" in told
    assert "What a source of consents says is not all read" in told


@pytest.mark.parametrize(
    ("destination", "why", "hint"),
    [
        ("crm_webhook", "not_reached_ConnectError", True),
        ("crm_webhook", "wrong_key", False),
        ("far", "not_reached_ConnectError", False),
    ],
)
def test_where_nothing_listens_on_this_machine_the_receiver_is_named(
    settings: Settings, destination: str, why: str, hint: bool
) -> None:
    far = {"kind": "webhook", "url": "https://crm.example.com/x", "secret": "whsec_QUJDREVGR0g="}
    changed = settings.model_copy(update={"destinations": {"far": far}})
    report = {"sent": 0, "sent_before": 0, "unknown": 0, "retry": 1, "obstacle": "none", "held": {}, "refused": {}}
    outcome = JobOutcome("run", True, assets={"engagement/deliveries": report | {"stopped": {destination: why}}})
    with console.capture() as said:
        print_delivery(changed, outcome)
    told = " ".join(said.get().split())
    assert f"{destination} stopped: {why}" in told
    assert ("guanxi receiver" in told) is hint


def test_loaded_values_that_are_no_identifier_are_told_with_their_table_and_column() -> None:
    made = {"raw_shop/customers": {UNREADABLE: "phone 3"}, "raw_shop/orders": {UNREADABLE: "none"}, "marts/x": {}}
    with console.capture() as said:
        _print_unreadable(JobOutcome("run", True, assets=made))
    assert "so nobody is known or reached by it: shop.customers: phone 3. `guanxi quarantine list`" in said.get()
    with console.capture() as said:
        _print_unreadable(JobOutcome("run", True, assets={"raw_shop/orders": {UNREADABLE: "none"}}))
    assert said.get() == ""


def test_a_segment_is_named_in_english_first_and_once_where_it_has_one_name(settings: Settings) -> None:
    seen = Overview(
        publication=Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        channels=[],
        segments=[Segment("win_back", "待赢回客户", "Win back", 71), Segment("vip", "단골", "단골", 5)],
    )
    with console.capture() as said:
        print_overview(settings, seen)
    assert "win_back (Win back 待赢回客户) 71, vip (단골) 5" in " ".join(said.get().split())
    document = status_document(settings, seen, 0)
    assert document["segments"][0]["name_en"] == "Win back"
