"""What messages were measured to bring is used from the next day on: two builds of a day plan by the same values."""

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.testing.dbt.dbt_runner import PROJECT, Dbt

MODELS = ("int_campaign_value_log", "int_campaign_values")
CAMPAIGNS = """
    select campaign_id, 1 as version, 'purchase' as goal, 14 as goal_window_days, 20::double as holdout_percent,
        5::double as expected_value
    from (values ('brings'), ('harms')) as v (campaign_id)
"""
VALUES = """
    select 'c' || range as customer_id, 50::double as value_score from range(2000)
"""
# Everybody spends 0 to 99; those addressed 50 more in one campaign and 50 less in the other.
UNITS = """
    select campaign_id, 1 as campaign_version, 'c' || number as customer_id, number % 5 = 0 as is_holdout,
        false as is_contaminated, false as is_open, date '2026-06-01' as assigned_on,
        date '2026-06-15' as watched_until,
        (number * 37 % 101 + if(number % 5 > 0, {more}, 0) * if(campaign_id = 'brings', 1, -1))::decimal(18, 2)
            as revenue
    from (values ('brings'), ('harms')) as v (campaign_id), range(2000) as people (number)
"""
MESSAGES = """
    select campaign_id, campaign_version, customer_id, 'sent' as counted_as from ({units}) where not is_holdout
"""


@pytest.fixture
def dbt(tmp_path: Path) -> Dbt:
    project, data = tmp_path / "project", tmp_path / "data"
    (project / "models").mkdir(parents=True)
    (project / "seeds").mkdir()
    data.mkdir()
    for name in MODELS:
        (path,) = (PROJECT / "models").rglob(f"{name}.sql")
        shutil.copy(path, project / "models")
    shutil.copy(PROJECT / "seeds" / "rule_thresholds.csv", project / "seeds")
    for name in ("int_campaigns", "customer_value", "int_campaign_units", "campaign_messages"):
        # as in the whole project, what is measured follows from what is planned
        after = "-- depends_on: {{ ref('int_campaign_values') }}\n" if name == "int_campaign_units" else ""
        sql = f"{after}{{{{ config(materialized='table') }}}} select * from '{data}/{name}.parquet'"
        (project / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
    settings["models"] = {"guanxi": {"+materialized": "table"}}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return Dbt(tmp_path / "home", data, project)


def live(dbt: Dbt, day: str, more: int) -> dict[str, tuple[str, float, str | None]]:
    """Build a day on which those addressed are known to have spent so much more, or less.

    Returns:
        Basis, value of a message and the day of the measurement, by campaign.
    """
    units = UNITS.format(more=more)
    tables = {
        "int_campaigns": CAMPAIGNS, "customer_value": VALUES, "int_campaign_units": units,
        "campaign_messages": MESSAGES.format(units=units),
    }  # fmt: skip
    for name, sql in tables.items():
        duckdb.execute(f"copy ({sql}) to '{dbt.lake}/{name}.parquet' (format parquet)")
    dbt.as_of = day
    dbt.run("build")
    found = dbt.query("select campaign_id, basis, value_per_message, measured_on::text from main.int_campaign_values")
    return {name: (basis, value, seen) for name, basis, value, seen in found}


def test_the_plan_of_the_day_after_uses_what_was_measured_and_a_second_build_of_a_day_changes_nothing(dbt):
    nothing_known = dict.fromkeys(("brings", "harms"), ("not_measured_yet", 5.0, None))
    assert live(dbt, "2026-06-20", 50) == nothing_known
    assert live(dbt, "2026-06-20", 50) == nothing_known

    second = live(dbt, "2026-06-21", 50)
    assert {basis for basis, _, _ in second.values()} == {"measured"}
    assert {seen for _, _, seen in second.values()} == {"2026-06-20"}
    # 50 with an error of 1.6 beside a stated 5 with one of 10
    assert second["brings"][1] == pytest.approx(48.9, abs=0.5)
    assert second["harms"][1] == pytest.approx(-48.6, abs=0.5)

    # later facts arrive within the day: they wait for the next one
    assert live(dbt, "2026-06-21", 10) == second
    third = live(dbt, "2026-06-22", 10)
    assert third["brings"] == ("measured", pytest.approx(9.9, abs=0.5), "2026-06-21")
    assert dbt.query("select count(*), count(distinct (campaign_id, change_no)) from main.int_campaign_value_log") == [
        (4, 4)
    ]


def test_an_earlier_day_is_valued_as_it_was_and_writes_nothing(dbt):
    live(dbt, "2026-06-20", 50)
    live(dbt, "2026-06-22", 10)
    log = dbt.query("from main.int_campaign_value_log order by all")
    again = live(dbt, "2026-06-21", 10)
    assert again["brings"] == ("measured", pytest.approx(48.9, abs=0.5), "2026-06-20")
    assert dbt.query("from main.int_campaign_value_log order by all") == log
