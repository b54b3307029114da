"""`guanxi explain` leaves no record of a customer out."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.cli import explain
from orchestration.cli.session import console
from orchestration.stewardship import explanations
from orchestration.stewardship.explanations import CustomerStory
from serving.published_copy import current_copy
from stores import operations
from stores.errors import UserError
from stores.operations.contact_permissions import Suppression
from stores.settings import Settings
from stores.warehouse import Publication
from tests.testing import small_publication


def test_a_record_without_an_identifier_of_its_own_is_listed_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.mkdir()
    shared = {"identifier_type": "phone", "identifier_mask": "138****1234", "identifier_value": "t", "is_linking": True}
    story = CustomerStory(
        Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        asked="c_1",
        customer={"customer_id": "c_1", "source_profiles": 2},
        profiles=["shop:1", "web:7"],
        identifiers=[{"source_profile_id": "shop:1", **shared}],
    )
    monkeypatch.setattr(explanations, "customer_story", lambda *_: story)
    with console.capture() as shown:
        explain.customer("c_1", settings.home)
    assert "Made from 2 profiles" in shown.get()
    assert "shop:1: phone 138****1234" in shown.get()
    assert "web:7: no identifier" in shown.get()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (0, "No other profile shares an identifier that links"),
        (1, "1 other profile carries one of its identifiers and was kept apart; why: `guanxi identity explain web:7"),
        (3, "3 other profiles carry one of its identifiers and were kept apart; such as, and why: `guanxi identity"),
    ],
)
def test_a_customer_of_one_profile_is_not_said_to_share_nothing_where_others_were_kept_apart(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, others: int, said: str
) -> None:
    settings.home.mkdir()
    kept = {"profiles": others, "left_profile_id": "web:7", "right_profile_id": "shop:1#2"} if others else {}
    story = CustomerStory(
        Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        asked="c_1",
        customer={"customer_id": "c_1"},
        profiles=["web:7"],
        kept_apart=kept,
    )
    monkeypatch.setattr(explanations, "customer_story", lambda *_: story)
    with console.capture() as shown:
        explain.customer("c_1", settings.home)
    assert said in shown.get()
    assert ("guanxi identity explain web:7 'shop:1#2'`" in shown.get()) == bool(others)
    assert ("No other profile was merged into this customer" in shown.get()) == bool(others)


@pytest.mark.parametrize(
    ("currency", "net", "spent"),
    [("CNY", "CNY 1,234.50", "CNY 34.50"), ("KRW", "KRW 1,234", "KRW 34"), ("", "1,234.50", "34.50")],
)
def test_amounts_have_their_currency_and_its_decimals_and_names_are_english_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, currency: str, net: str, spent: str
) -> None:
    settings.home.mkdir()
    story = CustomerStory(
        Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        asked="c_1",
        customer={"customer_id": "c_1", "orders_count": 1, "net_revenue": Decimal("1234.50")},
        currency=currency,
        rfm={
            "rfm_score": "111", "recency_days": 1, "frequency": 2, "monetary": Decimal("34.50"),
            "segment_8_en": "Retain", "segment_8_zh": "挽留客户",
            "segment_11_en": "Lost", "segment_11_zh": "已流失客户",
        },
    )  # fmt: skip
    monkeypatch.setattr(explanations, "customer_story", lambda *_: story)
    with console.capture() as shown:
        explain.customer("c_1", settings.home)
    assert f"1 order, net revenue {net}." in shown.get()
    assert f"1 day ago, 2 purchases, {spent} spent: Retain 挽留客户 / Lost 已流失客户" in shown.get()


def test_a_story_has_the_currency_and_the_english_names_of_its_publication(settings: Settings) -> None:
    small_publication.publish_fixture(settings)
    with current_copy(settings) as published:
        bought = published.values("select customer_id, segment_8 from marts.customer_rfm order by 1 limit 1")[0]
    story = explanations.customer_story(settings, bought[0])
    assert story.currency == "CNY"
    assert story.rfm["segment_8_en"]
    assert story.rfm["segment_8_en"] != story.rfm["segment_8_zh"]


def test_a_profile_leads_to_its_customer_and_an_unknown_one_is_told_how_one_is_written(settings: Settings) -> None:
    small_publication.publish_fixture(settings)
    story = explanations.customer_story(settings, "pos:0000000000000001")
    assert (story.asked, story.customer["customer_id"]) == ("c_0000000000000001", "c_0000000000000001")
    with pytest.raises(UserError, match=r"No profile 'pos:17' in publication .* such as shop:10023"):
        explanations.customer_story(settings, "pos:17")


def test_explain_says_of_each_message_channel_whether_it_is_allowed_and_by_which_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.mkdir()
    asked = {
        "purpose": "marketing", "channel": "sms", "is_granted": False, "reason": "address_not_asked", "source": "pos",
        "identifier_type": "phone", "identifier_mask": "138****1234", "answered_at": datetime(2026, 5, 1),
    }  # fmt: skip
    story = CustomerStory(
        Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        asked="c_1",
        customer={"customer_id": "c_1"},
        consents=[asked, {**asked, "channel": "email", "reason": "never_asked", "source": None}],
    )
    monkeypatch.setattr(explanations, "customer_story", lambda *_: story)
    with console.capture() as shown:
        explain.customer("c_1", settings.home)
    said = " ".join(shown.get().split())
    assert "sms: not granted, address not asked (phone 138****1234, pos on 2026-05-01)" in said
    assert "email: not granted, never asked" in said


def test_explain_names_every_suppression_of_a_customer_in_both_languages(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_publication.publish_fixture(settings)  # its rules name the reasons
    phone = {"identifier_type": "phone", "identifier_value": "t1", "identifier_mask": "138****1234"}
    app = {"identifier_type": "app_user_id", "identifier_value": "t1", "identifier_mask": None}
    moment = datetime(2026, 6, 30, 2, tzinfo=UTC)
    with operations.writing(operations.engine(settings)) as connection:
        entries = [
            Suppression("phone", "t1", "*", "complained"),
            Suppression("app_user_id", "t1", "app_push", "closed by the shop"),
            Suppression("phone", "of another", "sms", "bounced"),
        ]
        operations.suppress(connection, entries, moment)
    closed = explanations.suppressions_of(settings, [phone, app])
    story = CustomerStory(
        Publication("p1", "r1", date(2026, 6, 30), datetime(2026, 6, 30, 10), Path("p1.duckdb")),
        asked="c_1",
        customer={"customer_id": "c_1"},
        suppressions=closed,
    )
    monkeypatch.setattr(explanations, "customer_story", lambda *_: story)
    with console.capture() as shown:
        explain.customer("c_1", settings.home)
    assert "phone 138****1234 by any channel since 2026-06-30 10:00: Complained 客户投诉 (complained)" in shown.get()
    assert "by app_push since 2026-06-30 10:00: closed by the shop (closed by the shop)" in shown.get()
    assert "bounced" not in shown.get()


@pytest.mark.parametrize(("named", "said"), [("last_call", "last_call"), ("step_2", ""), (None, "")])
def test_a_message_is_explained_with_the_name_of_its_step(settings: Settings, named: str | None, said: str) -> None:
    step = {"campaign_id": "spring", "version": 1, "step": 2, "name": named, "template": "spring", "is_active": True}
    with operations.writing(operations.engine(settings)) as connection:
        if named:
            connection.execute(operations.insert(connection, operations.campaign_steps), step)
        message = {"campaign_id": "spring", "campaign_version": 1, "step": 2}
        assert explanations._step_name(connection, message) == said
