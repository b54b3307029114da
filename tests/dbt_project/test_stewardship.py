"""Stewards' decisions through the project: they hold, a rebuild replays them, taking them back restores what was."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.testing.dbt.dbt_runner import Dbt
from tests.testing.dbt.tiny_lake import TinyLake
from tests.testing.dbt.tiny_rows import person

MODELS = (
    "customer_map",
    "customer_id_redirects",
    "identity_events",
    "identity_review",
    "id_stability",
    "customer_links",
)
BUILD = (
    "build", "--select", *(f"+{model}" for model in MODELS),
    "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
)  # fmt: skip
DAY = "2026-06-01 10:00:00"


def customer_id(source_profile_id: str) -> str:
    return "c_" + hashlib.sha256(source_profile_id.encode()).hexdigest()[:16]


def decision(number: int, verdict: str, left: str, right: str, **changed: Any) -> dict[str, Any]:
    row = {
        "decision_id": f"d_{number}", "decision": verdict, "left_profile_id": left, "right_profile_id": right,
        "reason": "asked them", "decided_by": "li", "is_active": True, "decided_at": DAY, "updated_at": DAY,
    }  # fmt: skip
    return {**row, **changed}


def partition(dbt: Dbt) -> dict[str, str]:
    return dict(dbt.query("select source_profile_id, customer_id from identity.customer_map"))


class Story:
    """A warehouse before decisions, with them, rebuilt with them, and after they were taken back."""

    def __init__(self, home: Any) -> None:
        lake = TinyLake(home / "lake")
        times = {"registered_at": DAY, "updated_at": DAY}
        # Anna and Bob share a phone and no names; Carl has two accounts that nothing links; Dora is alone.
        lake.load(
            "shop",
            "1000.1",
            {
                "customers": [
                    {"customer_id": "anna", **person("phone-1", "mobile"), **times},
                    {"customer_id": "carl", **person("phone-2", "mobile"), **times},
                    {"customer_id": "dora", **person("phone-4", "mobile"), **times},
                ]
            },
        )
        tills = [("bob", "phone-1"), ("carl", "phone-3")]
        lake.load(
            "pos",
            "1000.2",
            {"customers": [{"pos_customer_id": who, **person(phone, "phone"), **times} for who, phone in tills]},
        )
        self.dbt = Dbt(home / "lived", home / "lake")
        self.dbt.run(*BUILD)
        self.before = partition(self.dbt)
        decided = [
            decision(1, "join", "pos:carl", "shop:carl"),
            decision(2, "separate", "pos:bob", "shop:anna"),
        ]
        lake.load("operations", "2000.1", {"identity_decisions": decided})
        self.dbt.run(*BUILD)
        self.decided = partition(self.dbt)
        self.links = self.dbt.query(
            "select source_profile_id, linked_profile_id, reason, reason_en from marts.customer_links"
        )
        self.review = self.dbt.query("select kind, reason from marts.identity_review")
        self.redirects = dict(
            self.dbt.query("select retired_customer_id, customer_id from marts.customer_id_redirects")
        )
        self.dbt.run(*BUILD, "--full-refresh")
        self.refreshed = partition(self.dbt)
        rebuilt = Dbt(home / "rebuilt", home / "lake")
        rebuilt.run(*BUILD)
        self.rebuilt = partition(rebuilt)
        undone = [{**row, "is_active": False, "updated_at": "2026-06-02 10:00:00"} for row in decided]
        lake.load("operations", "3000.1", {"identity_decisions": undone})
        self.dbt.run(*BUILD)
        self.undone = partition(self.dbt)
        self.events = self.dbt.query("""
            select event, from_customer_id, to_customer_id, cause, profiles, edges from marts.identity_events
            where event <> 'created' order by happened_at, event
        """)
        self.churn = self.dbt.query("""
            select customers_before, customers_new, customers_retired, profiles_moved from marts.id_stability
            order by happened_at
        """)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("stewardship"))


def test_decisions_join_what_nothing_links_and_separate_what_a_phone_links(story: Story) -> None:
    assert story.before["pos:bob"] == story.before["shop:anna"] == customer_id("shop:anna")
    assert story.before["pos:carl"] == customer_id("pos:carl")
    assert story.decided == {
        "shop:anna": customer_id("shop:anna"),
        "pos:bob": customer_id("pos:bob"),
        "shop:carl": customer_id("shop:carl"),
        "pos:carl": customer_id("shop:carl"),
        "shop:dora": customer_id("shop:dora"),
    }


def test_a_rebuild_replays_the_decisions(story: Story) -> None:
    assert story.refreshed == story.decided
    assert story.rebuilt == story.decided


def test_decisions_taken_back_give_the_partition_of_before(story: Story) -> None:
    assert story.undone == story.before


def test_a_decision_explains_the_link_and_needs_no_review(story: Story) -> None:
    assert story.links == [("shop:carl", "pos:carl", "steward_join", "decision of li: asked them")]
    assert story.review == []


def test_the_id_that_a_decision_merged_away_leads_to_the_older_one(story: Story) -> None:
    assert story.redirects == {customer_id("pos:carl"): customer_id("shop:carl")}


def test_every_change_of_an_id_is_told_with_its_cause_and_edges(story: Story) -> None:
    told = [row[:5] for row in story.events]
    anna, bob = customer_id("shop:anna"), customer_id("pos:bob")
    shop, till = customer_id("shop:carl"), customer_id("pos:carl")
    assert told == [
        ("merged", till, shop, "steward_join", 1),
        ("split", anna, bob, "steward_separate", 1),
        ("merged", bob, anna, "same_value", 1),
        ("split", shop, till, "decision_undone", 1),
    ]
    assert [json.loads(row[5])[0]["identifier_mask"] for row in story.events] == ["d_1", "d_2", "phone-1***", "d_1"]


def test_churn_counts_the_ids_of_before_that_went_and_the_profiles_that_moved(story: Story) -> None:
    assert story.churn == [(0, 4, 0, 0), (4, 1, 1, 2), (4, 1, 1, 2)]
