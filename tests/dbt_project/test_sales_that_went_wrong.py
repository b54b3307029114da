"""Sales as sources really write them, from the lake to the marts: what counts, what is held, nothing lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.testing.dbt.dbt_runner import Dbt
from tests.testing.dbt.tiny_lake import TinyLake

DAY = "2026-06-01 10:00:00"
SELECTED = ("customers", "customer_rfm", "customer_lifecycle", "customer_timeline", "daily_metrics", "held_rows")
SELECTED += ("order_totals",)


def _order(number: str, customer: str | None, status: str | None, amount: object, **more: object) -> dict[str, object]:
    order = {"order_id": number, "customer_id": customer, "status": status, "currency": "CNY", "total_amount": amount}
    return {**order, "created_at": DAY, "paid_at": DAY, "updated_at": DAY, **more}


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A shop, tills and a loyalty programme in which something is wrong with nearly every sale."""
    home = tmp_path_factory.mktemp("sales")
    lake = TinyLake(home / "lake")
    long_ago = {"registered_at": "2024-01-01", "updated_at": "2024-01-01"}
    people = ["returned", "partly", "delivered", "foreign", "unknown", "gift", "tester"]
    lake.load("shop", "1000.1", {
        "customers": [
            *({"customer_id": who, "is_test": who == "tester", **long_ago} for who in people),
            {"customer_id": "undated", "updated_at": "2024-01-01"},
            {"customer_id": "ahead", "registered_at": "2026-08-01", "updated_at": "2024-01-01"},
        ],
        "orders": [
            _order("1", "returned", "refunded", 100, refunded_at="2026-06-10 10:00:00"),
            _order("2", "partly", "Partially_Refunded", 800, refund_amount=300, refunded_at="2026-06-10 10:00:00"),
            _order("3", "delivered", "delivered ", 50),
            _order("4", "foreign", "paid", 100, currency="cn¥ "),
            _order("5", "foreign", "paid", 10_000, currency="JPY"),
            _order("6", "unknown", "on hold", 70),
            _order("7", "missing", "paid", 30),
            _order("8", "tester", "paid", 1_000),
            _order("9", "gift", "paid", None),
            _order("10", None, "paid", 5),
            _order("11", "gift", "paid", 9, created_at=None),
            _order("12", "gift", "paid", 6, created_at="1900-01-01 00:00:00"),
            _order("13", "tester", "cancelled", -7),
            _order("14", " ", "paid", 2),
            _order("15", "NULL", "paid", 1),
            _order("17", "Gast", "paid", 3),
            _order("18", " Mostrador", "paid", 4),
            _order("19", "Consumidor Final", "paid", 4),
            _order("16", "delivered", "paid", 90, created_at="2026-07-15 10:00:00"),
            _order("20", "undated", "paid", 60, created_at="2099-12-31 10:00:00", paid_at="2099-12-31 10:00:00"),
            _order("21", "ahead", "cancelled", 20, paid_at=None),
        ],
    })  # fmt: skip
    till = {"updated_at": DAY}
    lake.load("pos", "1000.2", {
        "customers": [{"pos_customer_id": "note", **long_ago}],
        "sales": [
            {"sale_id": "s1", "pos_customer_id": "note", "total_amount": 40, "sold_at": DAY, **till},
            {"sale_id": "s2", "pos_customer_id": "note", "total_amount": -40, "sold_at": "2026-06-02 10:00:00", **till},
            {"sale_id": "s3", "pos_customer_id": "absent", "total_amount": 8, "sold_at": DAY, **till},
        ],
    })  # fmt: skip
    entry = {"member_no": "m1", "occurred_at": DAY, "updated_at": DAY}
    lake.load("loyalty", "1000.3", {
        "members": [{"member_no": member, "joined_at": "2024-01-01", "updated_at": DAY} for member in ("m1", "m2")],
        "points": [
            {**entry, "entry_id": "1", "kind": "earn", "points": 138},
            {**entry, "entry_id": "2", "kind": "redeem", "points": 40},
            {**entry, "entry_id": "3", "kind": "EXPIRED", "points": 50},
            {**entry, "entry_id": "4", "kind": "Spend ", "points": 10},
            {**entry, "entry_id": "5", "kind": "earn", "points": 7, "member_no": "m2"},
            {**entry, "entry_id": "6", "kind": "birthday gift", "points": 5, "member_no": "m2"},
            {**entry, "entry_id": "7", "kind": "earn", "points": 3, "member_no": "m9"},
        ],
    })  # fmt: skip
    dbt = Dbt(home, home / "lake")
    dbt.run(
        "build",
        "--select",
        *(f"+{model}" for model in SELECTED),
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
    )
    return dbt


def _by_profile(dbt: Dbt, columns: str) -> dict[str, tuple[object, ...]]:
    rows = dbt.query(f"""
        select source_profile_id, {columns}
        from marts.customers inner join identity.customer_map using (customer_id)
    """)
    return {name: tuple(rest) for name, *rest in rows}


def test_the_only_order_fully_refunded_makes_no_buyer_and_stays_visible(sales: Dbt) -> None:
    known = _by_profile(sales, "orders_count, returned_orders_count, gross_revenue, net_revenue, first_purchase_at")
    assert known["shop:returned"] == (0, 1, Decimal(100), Decimal(0), None)
    assert known["pos:note"] == (0, 1, Decimal(40), Decimal(0), None)
    stages = dict(
        sales.query("""
        select source_profile_id, stage
        from marts.customer_lifecycle inner join identity.customer_map using (customer_id)
    """)
    )
    assert stages["shop:returned"] == stages["pos:note"] == "prospect"
    assert stages["shop:partly"] == stages["shop:delivered"] == "new"
    scored = {
        name
        for (name,) in sales.query("""
        select source_profile_id from marts.customer_rfm inner join identity.customer_map using (customer_id)
    """)
    }
    assert scored == {"shop:partly", "shop:delivered", "shop:foreign", "shop:missing", "pos:absent"}
    seen = sales.query("""
        select kind, amount
        from marts.customer_timeline inner join identity.customer_map using (customer_id)
        where source_profile_id = 'shop:returned' order by kind
    """)
    assert seen == [("order", Decimal(100)), ("refund", Decimal(-100))]


def test_customers_whose_every_dated_fact_lies_ahead_are_prospects(sales: Dbt) -> None:
    stages = sales.query("""
        select source_profile_id, stage, stage_since
        from marts.customers
        inner join identity.customer_map using (customer_id)
        left join marts.customer_lifecycle using (customer_id)
        where source_profile_id in ('shop:undated', 'shop:ahead')
        order by all
    """)
    assert stages == [("shop:ahead", "prospect", None), ("shop:undated", "prospect", None)]


def test_currencies_are_never_added_and_words_mean_their_seed_row(sales: Dbt) -> None:
    revenue = {name: net for name, (net,) in _by_profile(sales, "net_revenue").items()}
    assert revenue["shop:foreign"] == 100
    assert revenue["shop:partly"] == 500
    assert revenue["shop:delivered"] == 50
    assert revenue["shop:unknown"] == revenue["shop:gift"] == 0


def test_what_is_held_is_named_with_channel_and_value(sales: Dbt) -> None:
    assert sales.query("select channel, concept, reason, value, held_rows from marts.held_rows order by all") == [
        ("loyalty", "points", "unknown_kind", "birthday gift", 1),
        ("shop", "orders", "impossible_time", "1900-01-01", 1),
        ("shop", "orders", "no_amount", None, 1),
        ("shop", "orders", "no_exchange_rate", "JPY", 1),
        ("shop", "orders", "no_time", None, 1),
        ("shop", "orders", "unknown_status", "on hold", 1),
    ]


def test_a_buyer_whom_the_channel_does_not_list_is_a_customer_and_totals_agree(sales: Dbt) -> None:
    revenue = {name: net for name, (net,) in _by_profile(sales, "net_revenue").items()}
    assert revenue["shop:missing"] == 30
    assert revenue["pos:absent"] == 8
    totals = sales.query("""
        select channel, customer_revenue, anonymous_revenue, test_revenue, held_orders, unlisted_sales, later_orders
        from marts.order_totals order by channel
    """)
    assert totals == [("pos", 8, 0, 0, 0, 1, 0), ("shop", 680, 19, 1_000, 5, 1, 2)]
    assert sales.query("select sum(net_revenue) from marts.customers") == [(Decimal(688),)]
    assert sales.query("select sum(net_revenue) from marts.daily_metrics") == [(Decimal(707),)]


def test_a_balance_that_rests_on_an_unknown_kind_is_not_known(sales: Dbt) -> None:
    points = {name: balance for name, (balance,) in _by_profile(sales, "points_balance").items()}
    assert points["loyalty:m1"] == 38
    assert points["loyalty:m2"] is None
    assert points["loyalty:m9"] == 3
    assert points["shop:partly"] == 0
