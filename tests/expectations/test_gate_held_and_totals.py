"""What could not be counted is named and stops what rests on it; totals agree with the orders."""

import pytest

from expectations.gate import outcome, run_gate
from stores.settings import Settings
from tests.testing.findings import kept, not_met

HELD = "insert into marts.held_rows values ('{}', '{}', '{}', '{}', {}, {}, {})"


def test_a_points_entry_of_an_unknown_kind_stops_and_names_channel_and_value(settings: Settings, warehouse) -> None:
    warehouse(HELD.format("loyalty", "points", "unknown_kind", "gift", 1, 1, 0.0001))
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    bad = not_met(results)
    assert set(bad) == {"held_rows.no_balance_rests_on_a_held_entry", "held_rows.nothing_held"}
    assert kept(bad["held_rows.no_balance_rests_on_a_held_entry"])[0][:4] == (
        "loyalty", "points", "unknown_kind", "gift",
    )  # fmt: skip
    assert "gift" in bad["held_rows.no_balance_rests_on_a_held_entry"].failing_rows[0]


@pytest.mark.parametrize(
    ("rows", "share", "expected"),
    [(4, 0.9, "warned"), (50, 0.049, "warned"), (50, 0.051, "failed"), (5, 1.0, "failed")],
)
def test_a_few_orders_of_an_unknown_status_are_shown_and_a_share_of_them_stops(
    settings: Settings, warehouse, rows: int, share: float, expected: str
) -> None:
    warehouse(HELD.format("shop", "orders", "unknown_status", "on hold", rows, rows, share))
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == expected
    assert kept(not_met(results)["held_rows.nothing_held"])[0][:4] == ("shop", "orders", "unknown_status", "on hold")


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("update marts.order_totals set customer_revenue = customer_revenue + 3", "revenue_is_in_customers"),
        ("update marts.order_totals set customer_sales = customer_sales + 1", "sales_are_in_customers"),
        ("insert into marts.order_totals values ('pos', 0, 5, 0, 0)", "revenue_is_in_customers"),
    ],
)
def test_a_sale_that_is_in_no_customer_stops(settings: Settings, warehouse, statement: str, check: str) -> None:
    warehouse(statement)
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "failed"
    assert set(not_met(results)) == {f"order_totals.{check}"}


@pytest.mark.parametrize(
    ("statement", "checks"),
    [
        ("unlisted_sales = 41", {"buyers_are_listed"}),
        ("unlisted_sales = 40", set()),
        ("largest_buyer_sales = 100", {"no_buyer_has_most_sales"}),
    ],
)
def test_sales_of_strangers_to_the_list_or_of_one_buyer_alone_warn(
    settings: Settings, warehouse, statement: str, checks: set[str]
) -> None:
    warehouse(f"update marts.order_totals set {statement}")
    assert set(not_met(run_gate(settings, "marts", "r1"))) == {f"order_totals.{check}" for check in checks}


def test_several_currencies_without_a_chosen_one_warn(settings: Settings, warehouse) -> None:
    warehouse("update intermediate.int_order_currencies set is_settled = false")
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "warned"
    assert set(not_met(results)) == {"order_totals.currency_is_settled"}
