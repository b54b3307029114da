"""Lifetime forecasts on an installation's warehouse: who is forecast, switched on and off, and on a past day."""

import re
from datetime import date
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from intelligence.lifetime.results import FORECASTS, TABLES, folder_of, forecasts_path
from orchestration.asset_keys import LIFETIME
from orchestration.defs.lifetime import FEATURES, lifetime_forecasts
from orchestration.fitted_models.lifetime import forecast_lifetime, is_switched_on, model_folder
from orchestration.fitted_models.model_results import ensure_results, results_folder
from orchestration.runs.run_job import _without_other_channels
from stores.errors import UserError
from stores.lake.reader import has_data
from stores.settings import PROJECT_ROOT, load_settings
from stores.warehouse import connect

DAY = date(2026, 6, 30)
PROJECT = PROJECT_ROOT / "dbt_project" / "dbt_project.yml"


@pytest.fixture
def own(tmp_path):
    """A home with a project file of its own, and a warehouse with some hundred buyers."""
    (tmp_path / "checkout" / "dbt_project").mkdir(parents=True)
    settings = load_settings(project_root=tmp_path / "checkout", home=tmp_path / "home")
    say(settings, "true")
    build(settings)
    return settings


def say(settings, enabled):
    text = re.sub(r"lifetime_enabled: \S+", f"lifetime_enabled: {enabled}", PROJECT.read_text(encoding="utf-8"))
    (settings.project_root / "dbt_project" / "dbt_project.yml").write_text(text, encoding="utf-8")


def build(settings):
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema intermediate")
        warehouse.execute(
            """
            create table intermediate.int_customer_purchase_days as
            select 'c_' || customer as customer_id,
                date '2024-06-30' + cast(customer % 300 + purchase * (20 + customer % 50) as int) as purchase_day,
                cast(10 + customer as decimal(18, 2)) as net_amount, 1 as orders
            from range(300) as customers (customer), range(10) as purchases (purchase)
            where purchase <= customer % 10
            """
        )
        warehouse.execute(
            "create table intermediate.int_customers_not_profiled as select 'c_7' as customer_id, 'minor' as reason"
        )


def materialized(settings):
    run = SimpleNamespace(settings=settings, day=DAY, acquire_warehouse=lambda: None)
    return {one.asset_key: dict(one.metadata or {}) for one in lifetime_forecasts(run=run)}


def forecast(settings):
    return {row["customer_id"]: row for row in pq.read_table(forecasts_path(results_folder(settings))).to_pylist()}


def test_everybody_who_bought_is_forecast_but_who_may_not_be_profiled(own):
    report = forecast_lifetime(own, DAY)
    assert report.customers == len(forecast(own)) == 299
    assert "c_7" not in forecast(own)


@pytest.mark.parametrize("table", ["int_customers_not_profiled", "int_customer_purchase_days"])
def test_nobody_is_forecast_where_the_warehouse_does_not_say_who_may_be(own, table):
    with connect(own, read_only=False) as warehouse:
        warehouse.execute(f"drop table intermediate.{table}")
    with pytest.raises(UserError, match=f"Nobody is forecast, for the warehouse lacks: .*{table} does not exist. Run"):
        forecast_lifetime(own, DAY)
    assert not forecasts_path(results_folder(own)).exists()


@pytest.mark.parametrize("table", [one for one in TABLES if one != FORECASTS])
def test_a_damaged_file_about_a_model_is_written_again(own, table):
    forecast_lifetime(own, DAY)
    files = sorted(folder_of(results_folder(own), table).glob("*.parquet"))
    before = [pq.read_table(path) for path in files]
    for path in files:
        path.write_bytes(path.read_bytes()[:50])
    assert forecast_lifetime(own, DAY).unchanged
    assert [pq.read_table(path) for path in files] == before


def test_a_damaged_file_about_a_model_that_is_kept_no_more_is_named(own):
    forecast_lifetime(own, DAY)
    damaged = folder_of(results_folder(own), TABLES[1]) / "2026-01-01.0123456789ab.parquet"
    damaged.write_bytes(b"PAR1")
    with pytest.raises(UserError, match=rf"{damaged} is damaged, .* Take the file away"):
        forecast_lifetime(own, DAY)


def test_damaged_forecasts_are_gone_where_models_are_switched_off(own):
    forecast_lifetime(own, DAY)
    forecasts_path(results_folder(own)).write_bytes(b"PAR1")
    say(own, "false")
    assert forecast_lifetime(own, DAY) is None
    assert forecast(own) == {}


def test_the_assets_say_what_was_done_and_stand_behind_what_the_models_read(own):
    told = materialized(own)
    assert set(told) == set(LIFETIME) == lifetime_forecasts.keys
    assert told[LIFETIME[0]]["customers"] == 299
    assert all(lifetime_forecasts.asset_deps[key] == set(FEATURES) for key in LIFETIME)
    assert materialized(own)[LIFETIME[0]]["unchanged"]


def test_switched_off_nothing_is_forecast_and_nobody_stays(own):
    materialized(own)
    say(own, "false")
    assert materialized(own)[LIFETIME[0]] == {"enabled": False}
    assert forecast(own) == {}
    say(own, "true")
    assert materialized(own)[LIFETIME[0]]["enabled"]
    assert len(forecast(own)) == 299


def test_a_switch_that_is_no_switch_is_refused_in_one_line(own):
    say(own, '"no"')
    with pytest.raises(UserError, match=r"dbt_project\.yml, vars\.lifetime_enabled: must be true or false, got 'no'"):
        is_switched_on(own)


def test_a_past_day_has_forecasts_of_its_own_and_leaves_those_of_today(own):
    today = forecast_lifetime(own, DAY)
    models = sorted(model_folder(own).iterdir())
    past = own.model_copy(update={"past_day": date(2025, 12, 31)})
    build(past)
    report = forecast_lifetime(past, date(2025, 12, 31))
    assert report.fitted  # production's model has seen what came later
    assert {row["as_of"] for row in forecast(past).values()} == {date(2025, 12, 31)}
    assert max(row["last_purchase_day"] for row in forecast(past).values()) <= date(2025, 12, 31)
    assert {row["as_of"] for row in forecast(own).values()} == {DAY}
    assert sorted(model_folder(own).iterdir()) == models
    assert forecast_lifetime(own, DAY).model_version == today.model_version


def test_a_past_day_within_a_week_takes_the_model_of_production(own):
    today = forecast_lifetime(own, DAY)
    later = own.model_copy(update={"past_day": date(2026, 7, 2)})
    build(later)
    report = forecast_lifetime(later, date(2026, 7, 2))
    assert (report.fitted, report.model_version) == (False, today.model_version)


def test_results_of_models_are_no_channels_and_no_data_that_somebody_delivered(own):
    ensure_results(own)
    assert all((own.lake / "raw_intelligence" / table).is_dir() for table in TABLES)
    assert not has_data(own.lake)


def test_a_run_of_one_channel_forecasts_too():
    from orchestration.definitions import defs

    chosen = _without_other_channels(defs().resolve_job_def("refresh"), ["shop"])
    assert set(LIFETIME) <= set(chosen)
    assert not any(key.path[0] == "raw_pos" for key in chosen)
