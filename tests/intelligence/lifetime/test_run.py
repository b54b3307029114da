"""A run of the lifetime models: fitted once a week, forecast each day, nothing done twice, nothing later looked at."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from intelligence.lifetime.results import HORIZONS, SCHEMAS, TABLES, forecasts_path
from intelligence.lifetime.run import switch_off
from tests.testing.purchase_days import END, Shop
from tests.testing.purchases import made_up

WORLD = made_up(1_200, 100)


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, WORLD)


def model_files(shop):
    return sorted(path.name for path in shop.models.glob("model-*.json"))


def test_each_buyer_has_one_forecast_and_a_longer_horizon_never_says_less(shop):
    report = shop.run()
    rows = shop.rows()
    assert len({row["customer_id"] for row in rows}) == len(rows) == report.customers
    assert report.fitted
    assert report.model == "mbg_nbd"
    for kind in ("purchases", "value"):
        horizons = np.array([[row[f"expected_{kind}_{days}d"] for days in HORIZONS] for row in rows])
        assert (np.diff(horizons, axis=1) >= 0).all()
    assert all(0 <= row["probability_alive"] <= 1 for row in rows)
    assert report.expected_purchases == pytest.approx(sum(row["expected_purchases_90d"] for row in rows))


def test_the_next_purchase_lies_within_its_interval_and_is_unknown_where_none_is_likely_within_a_year(shop):
    shop.run()
    rows = shop.rows()
    told = [row for row in rows if row["next_purchase_day"]]
    assert 0 < len(told) < len(rows)
    for row in told:
        assert END < row["next_purchase_from"] <= row["next_purchase_day"]
        assert row["next_purchase_until"] is None or row["next_purchase_day"] <= row["next_purchase_until"]
    assert max(row["probability_alive"] for row in rows if row not in told) < 1
    assert all(row["next_purchase_from"] is None for row in rows if row not in told)


def test_the_model_says_what_it_was_fitted_on_and_how_it_was_judged(shop):
    report = shop.run()
    (model,) = shop.rows("lifetime_models")
    assert model["model_version"] == report.model_version
    assert (model["model"], model["reason"], model["decided_by_days"]) == ("mbg_nbd", "better_than_cohort_rates", 90)
    assert model["customers"] == report.customers
    assert model["fitted_on"] == END
    assert min(model[name] for name in ("r", "alpha", "a", "b", "p", "q", "v")) > 0
    figures = shop.rows("lifetime_figures")
    assert {(one["horizon_days"], one["model"]) for one in figures} == {
        (days, name) for days in HORIZONS for name in ("mbg_nbd", "cohort_rates")
    }
    assert {one["judged_days"] for one in figures} == {30, 90, 175}  # a quarter of what is known, at most
    wanted = (90, "mbg_nbd", "total")
    (total,) = [one for one in figures if (one["horizon_days"], one["model"], one["figure"]) == wanted]
    assert total["low"] < total["value"] < total["high"]
    assert len(shop.rows("lifetime_calibration")) == len(HORIZONS) * 2 * 10


def test_the_same_rows_day_and_model_write_nothing(shop):
    shop.run()
    written = {path: path.stat().st_mtime_ns for path in shop.lake.rglob("*.parquet")}
    again = shop.run()
    assert again.unchanged
    assert not again.fitted
    assert {path: path.stat().st_mtime_ns for path in shop.lake.rglob("*.parquet")} == written


def test_another_day_forecasts_again_with_the_model_of_the_week(shop):
    first = shop.run()
    second = shop.run(END + timedelta(days=6))
    assert (second.fitted, second.unchanged, second.model_version) == (False, False, first.model_version)
    assert {row["as_of"] for row in shop.rows()} == {END + timedelta(days=6)}
    third = shop.run(END + timedelta(days=7))
    assert third.fitted
    assert third.model_version != first.model_version
    assert [row["model_version"] for row in shop.rows("lifetime_models")] == [first.model_version, third.model_version]


def test_a_corrected_purchase_changes_the_forecast_on_the_same_day(shop):
    shop.run()
    before = shop.of(3)
    shop.connection.execute("update days set net_amount = net_amount + 1000 where customer_id = 'c_00003'")
    report = shop.run()
    assert (report.fitted, report.unchanged) == (False, False)
    assert shop.of(3)["average_amount"] > before["average_amount"]


def test_who_is_in_the_purchases_no_more_is_in_no_forecast(shop):
    shop.run()
    shop.connection.execute("delete from days where customer_id = 'c_00003'")
    shop.run()
    assert "c_00003" not in {row["customer_id"] for row in shop.rows()}


def test_a_model_is_fitted_again_when_there_is_half_as_much_again_to_fit_it_on(shop):
    first = shop.run()
    further = made_up(1_200, 100, seed=5)
    shop.buy(further.customer + 5_000, further.day, further.amount)
    second = shop.run()
    assert second.fitted
    assert second.model_version != first.model_version


def test_amounts_in_another_currency_are_fitted_again(shop):
    shop.run()
    shop.connection.execute("update days set net_amount = net_amount * 7")
    assert shop.run().fitted


def test_a_day_of_the_past_never_uses_a_model_that_saw_what_came_later(shop):
    shop.run()
    past = END - timedelta(days=200)
    report = shop.run(past)
    assert report.fitted
    shop.connection.execute("delete from days where purchase_day > ?", [past])
    own = Shop(shop.models.parent / "own")
    own.connection = shop.connection
    assert own.run(past).model_version == report.model_version
    assert own.rows() == shop.rows()


def test_a_past_day_takes_a_model_of_production_from_the_week_before_and_changes_none(shop, tmp_path):
    production = shop.run(END)
    before = model_files(shop)
    past = Shop(tmp_path / "past")
    past.connection = shop.connection
    report = past.run(END + timedelta(days=3), kept=shop.models)
    assert (report.fitted, report.model_version) == (False, production.model_version)
    assert [row["model_version"] for row in past.rows("lifetime_models")] == [production.model_version]
    assert past.run(END - timedelta(days=1), kept=shop.models).fitted
    assert model_files(shop) == before


def test_a_damaged_model_file_and_one_of_another_method_are_fitted_again(shop):
    shop.run()
    (file,) = shop.models.glob("model-*.json")
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[: len(whole) // 2], encoding="utf-8")
    assert shop.run().fitted
    file.write_text(whole.replace('"method": 1', '"method": 0'), encoding="utf-8")
    assert shop.run().fitted


def test_deleted_models_leave_what_is_known_of_them_in_the_lake(shop):
    first = shop.run()
    for path in shop.models.iterdir():
        path.unlink()
    again = shop.run()
    assert again.fitted
    assert again.model_version == first.model_version  # the same purchases and day
    assert len(shop.rows("lifetime_models")) == 1


def test_switched_off_nobody_has_a_forecast_and_the_models_stay(shop):
    shop.run()
    switch_off(shop.lake, shop.models)
    assert shop.rows() == []
    assert len(shop.rows("lifetime_models")) == 1
    written = forecasts_path(shop.lake).stat().st_mtime_ns
    switch_off(shop.lake, shop.models)
    assert forecasts_path(shop.lake).stat().st_mtime_ns == written
    report = shop.run()
    assert not report.unchanged
    assert len(shop.rows()) == report.customers


def test_every_table_can_be_read_where_no_model_ever_ran(tmp_path):
    shop = Shop(tmp_path)
    switch_off(shop.lake, shop.models)
    assert {table: shop.rows(table) for table in TABLES} == {table: [] for table in SCHEMAS}
