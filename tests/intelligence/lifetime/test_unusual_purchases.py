"""Purchases unlike what models describe: each run ends, each buyer has a row, and figures stay within sense."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tests.testing.purchase_days import END, Shop
from tests.testing.purchases import made_up

WORLD = made_up(1_200, 100)
AMOUNTS = tuple(f"expected_value_{days}d" for days in (30, 90, 365))


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, WORLD)


def in_order(shop):
    """The forecasts, each of them looked at: no number below zero, none that is not a number."""
    rows = shop.rows()
    names = [name for name in (rows[0] if rows else {}) if name.startswith(("expected", "probability"))]
    numbers = [row[name] for row in rows for name in names]
    assert all(value is None or (value >= 0 and np.isfinite(value)) for value in numbers)
    return rows


def test_an_empty_installation_has_no_forecast_and_the_run_ends(tmp_path):
    shop = Shop(tmp_path)
    report = shop.run()
    assert (report.customers, report.model) == (0, "")
    assert shop.rows() == []
    assert [row["reason"] for row in shop.rows("lifetime_models")] == ["too_few_days"]
    assert shop.run().unchanged


def test_where_the_purchases_are_of_a_few_weeks_each_buyer_has_a_row_without_a_forecast(tmp_path):
    shop = Shop(tmp_path)
    shop.buy([1, 2, 2], [680, 690, 699], [10, 20, 30])
    report = shop.run()
    assert report.model == ""
    assert {row["model"] for row in in_order(shop)} == {None}
    assert shop.of(2)["purchases"] == 2
    assert shop.of(2)["expected_value_90d"] is None


def test_one_time_buyers_get_cohort_rates_and_nobody_is_ranked(tmp_path):
    chance = np.random.default_rng(1)
    shop = Shop(tmp_path)
    shop.buy(np.arange(3_000), chance.integers(0, 700, 3_000), chance.uniform(5, 50, 3_000))
    assert shop.run().model == "cohort_rates"
    rows = in_order(shop)
    assert {row["probability_alive"] for row in rows} == {None}
    assert {row["next_purchase_day"] for row in rows} == {None}
    assert all(row["expected_value_90d"] is not None for row in rows)


def test_refunds_and_credit_notes_take_from_the_average_and_never_below_zero(shop):
    shop.connection.execute("update days set net_amount = -5 where customer_id = 'c_00003'")
    shop.connection.execute("update days set net_amount = 0 where customer_id = 'c_00004'")
    shop.run()
    in_order(shop)
    assert shop.of(3)["average_amount"] is None
    assert shop.of(4)["average_amount"] is None
    assert shop.of(3)["expected_value_365d"] >= 0


def test_where_everything_was_given_back_nothing_is_expected_to_be_spent(shop):
    shop.connection.execute("update days set net_amount = 0")
    shop.run()
    assert {row[name] for row in in_order(shop) for name in AMOUNTS} == {0}


def test_one_huge_order_moves_its_buyer_and_hardly_anybody_else(shop):
    shop.run()
    plain = {row["customer_id"]: row["expected_purchases_90d"] for row in shop.rows()}
    shop.connection.execute(
        "update days set net_amount = 50000000 where customer_id = 'c_00003' and purchase_day = "
        "(select min(purchase_day) from days where customer_id = 'c_00003')"
    )
    shop.run()
    rows = in_order(shop)
    assert {row["customer_id"]: row["expected_purchases_90d"] for row in rows} == pytest.approx(plain, abs=1e-3)
    others = [row["expected_value_90d"] / max(row["expected_purchases_90d"], 1e-9) for row in rows
              if row["customer_id"] != "c_00003" and row["expected_purchases_90d"] > 0.1]  # fmt: skip
    assert np.median(others) < 200


def test_wholesale_buyers_are_expected_to_go_on_and_do_not_break_the_others(shop):
    for number in range(20):
        shop.buy([9_000 + number] * 234, np.arange(0, 700, 3), np.full(234, 20_000 + number))
    shop.run()
    in_order(shop)
    assert 25 < shop.of(9_000)["expected_purchases_90d"] < 35
    assert shop.of(9_000)["expected_value_90d"] == pytest.approx(600_000, rel=0.2)


def test_one_customer_with_half_of_all_rows_is_one_customer(shop):
    shop.buy([9_999] * 700, np.arange(700), np.full(700, 1))
    shop.connection.execute("delete from days where customer_id > 'c_00400' and customer_id < 'c_09999'")
    shop.run()
    in_order(shop)
    assert shop.of(9_999)["purchases"] == 700


def test_purchases_of_1980_and_after_the_day_leave_the_forecasts_of_others_within_sense(shop):
    shop.connection.execute("insert into days values ('c_old', '1980-01-01', 10), ('c_later', '2099-12-31', 10)")
    shop.run()
    rows = {row["customer_id"]: row for row in in_order(shop)}
    assert "c_later" not in rows
    assert rows["c_old"]["first_purchase_day"] == date(1980, 1, 1)
    assert rows["c_old"]["expected_purchases_365d"] < 0.5
    assert max(row["last_purchase_day"] for row in rows.values()) <= END
