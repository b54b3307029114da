"""What a second load changes: only what it brought, the newest of each row, merges that keep the older customer id."""

from __future__ import annotations

import hashlib

import pytest

from tests.testing.dbt.dbt_runner import Dbt
from tests.testing.dbt.tiny_lake import TinyLake, write_standard
from tests.testing.dbt.tiny_rows import person

MINE = ("int_interactions_daily", "int_orders", "int_order_lines", "int_identity__redirects", "customer_map")
ROUTINE = ("build", "--select", *(f"+{model}" for model in MINE), "--exclude-resource-type", "test")
BUILD = (*ROUTINE, "--exclude-resource-type", "unit_test")
FIRST, SECOND = "2026-06-01 10:00:00", "2026-06-05 10:00:00"


def customer_id(source_profile_id: str) -> str:
    return "c_" + hashlib.sha256(source_profile_id.encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dbt, Dbt]:
    """A warehouse built before and after a second load, and one built from both loads at once."""
    home = tmp_path_factory.mktemp("twice")
    lake: TinyLake = write_standard(home / "lake")
    bob, carl = person("phone-bob", "mobile"), person("phone-carl", "phone")
    times = {"registered_at": FIRST, "updated_at": FIRST}
    lake.load("shop", "1100.1", {"customers": [{"customer_id": "S3", **bob, **times}]})
    lake.load("loyalty", "1100.2", {"members": [{"member_no": "M2", **carl, "joined_at": FIRST, "updated_at": FIRST}]})
    step_by_step = Dbt(home / "step_by_step", home / "lake")
    step_by_step.run(*BUILD)

    line = {"order_id": "O1", "line_no": 2, "sku": "B2", "quantity": 1, "amount": 60, "updated_at": SECOND}
    order = {"order_id": "O1", "customer_id": "S1", "total_amount": 60, "created_at": FIRST, "updated_at": SECOND}
    lake.load("shop", "2000.1", {"orders": [{**order, "status": "refunded"}], "order_lines": [line]})
    till = {"pos_customer_id": "P2", "member_no": "M2", **person("phone-bob", "phone")}
    lake.load("pos", "2000.2", {"customers": [{**till, "registered_at": "2019-01-01", "updated_at": SECOND}]})
    opened = {"app_user_id": "A1", "event_name": "open"}
    lake.load(
        "app",
        "2000.3",
        {
            "events": [
                {**opened, "event_id": "E2", "occurred_at": SECOND},
                {**opened, "event_id": "E1", "occurred_at": FIRST},
                {**opened, "event_id": "E0", "occurred_at": "2026-05-01 10:00:00"},
            ]
        },
    )
    lake.load("app", "2001.3", {"events": [{**opened, "event_id": "E9", "occurred_at": SECOND}]}, complete=False)
    moved = {"event_id": "W1", "cookie_id": "C1", "event_name": "view", "url": "/tea", "occurred_at": SECOND}
    lake.load("web", "2000.4", {"events": [moved]})
    delivery = {"delivery_id": "D1", "customer_id": customer_id("loyalty:M2"), "campaign_id": "recall"}
    event = {"event_id": "V1", "delivery_id": "D1", "event": "opened", "occurred_at": SECOND, "updated_at": SECOND}
    lake.load("operations", "2000.5", {"deliveries": [{**delivery, "updated_at": SECOND}], "delivery_events": [event]})
    step_by_step.run(*BUILD)

    at_once = Dbt(home / "at_once", home / "lake")
    at_once.run(*BUILD)
    return step_by_step, at_once


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("intermediate.int_interactions", "* exclude (refreshed_at)"),
        ("intermediate.int_interactions_daily", "* exclude (refreshed_at)"),
        ("intermediate.int_orders", "*"),
        ("intermediate.int_order_lines", "*"),
        ("identity.customer_map", "*"),
        ("identity.int_identity__redirects", "* exclude (merged_at)"),
    ],
)
def test_day_by_day_ends_in_the_same_rows_as_all_at_once(twice: tuple[Dbt, Dbt], table: str, columns: str) -> None:
    query = f"select {columns} from {table} order by all"
    assert twice[0].query(query) == twice[1].query(query)


def test_a_second_load_replaces_the_interactions_that_it_brought_and_no_others(twice: tuple[Dbt, Dbt]) -> None:
    newest = "(select max(refreshed_at) from intermediate.int_interactions)"
    replaced = twice[0].query(f"""
        select interaction_id from intermediate.int_interactions where refreshed_at = {newest} order by 1
    """)
    assert replaced == [("app:E0",), ("app:E1",), ("app:E2",), ("operations:V1",), ("web:W1",)]
    kept = twice[0].query(f"""
        select count(*) from intermediate.int_interactions
        where refreshed_at < {newest} and interaction_day = date '2026-06-01'
    """)
    assert kept > [(0,)]


def test_a_repeated_event_counts_once_a_late_one_counts_and_a_half_load_does_not(twice: tuple[Dbt, Dbt]) -> None:
    events = twice[0].query("select interaction_id from intermediate.int_interactions where channel = 'app' order by 1")
    assert events == [("app:E0",), ("app:E1",), ("app:E2",)]


def test_an_event_whose_time_was_corrected_moves_to_its_day(twice: tuple[Dbt, Dbt]) -> None:
    days = "select cast(interaction_day as varchar) from intermediate.int_interactions where interaction_id = 'web:W1'"
    assert twice[0].query(days) == [("2026-06-05",)]


def test_a_changed_order_keeps_its_newest_version_and_only_the_lines_it_still_has(twice: tuple[Dbt, Dbt]) -> None:
    order = "select status, gross_amount, net_amount from intermediate.int_orders where order_id = 'shop:O1'"
    assert twice[0].query(order) == [("refunded", 60, 0)]
    lines = "select line_no from intermediate.int_order_lines where order_id = 'shop:O1'"
    assert twice[0].query(lines) == [(2,)]


def test_a_merge_keeps_the_older_id_and_the_other_one_leads_to_it(twice: tuple[Dbt, Dbt]) -> None:
    kept, retired = customer_id("shop:S3"), customer_id("loyalty:M2")
    mapped = "select source_profile_id, customer_id from identity.customer_map"
    customers = dict(twice[0].query(mapped))
    assert {customers[name] for name in ("shop:S3", "pos:P2", "loyalty:M2")} == {kept}
    redirects = twice[0].query(f"""
        select customer_id, merged_at is not null from identity.int_identity__redirects
        where retired_customer_id = '{retired}'
    """)
    assert redirects == [(kept, True)]
    assert customers[f"operations:{retired}"] == kept


def test_a_test_account_is_no_customer(twice: tuple[Dbt, Dbt]) -> None:
    assert twice[0].query("select * from identity.customer_map where source_profile_id = 'shop:S2'") == []
