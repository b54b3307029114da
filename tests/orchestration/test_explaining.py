"""`guanxi explain` leaves no record of a customer out."""

from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration import explaining
from orchestration.cli import explain
from orchestration.cli.session import console
from orchestration.explaining import CustomerStory
from stores.settings import Settings
from stores.warehouse import Publication


def test_a_record_without_an_identifier_of_its_own_is_listed_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {"identifier_type": "phone", "identifier_mask": "138****1234", "identifier_value": "t", "is_linking": True}
    story = CustomerStory(
        Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        asked="c_1",
        customer={"customer_id": "c_1", "source_profiles": 2},
        profiles=["shop:1", "web:7"],
        identifiers=[{"source_profile_id": "shop:1", **shared}],
    )
    monkeypatch.setattr(explaining, "customer_story", lambda *_: story)
    with console.capture() as shown:
        explain.customer("c_1", settings.home)
    assert "Made from 2 profiles" in shown.get()
    assert "shop:1: phone 138****1234" in shown.get()
    assert "web:7: no identifier" in shown.get()
