"""What a back-test builds, and that its days are all of the same rules."""

from datetime import date

import pytest

from orchestration.backtest.day_builds import DayBuilder, SegmentProject
from orchestration.backtest.place import temporary_place
from orchestration.dbt import dbt_project
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing.project_copy import copy_project

pytestmark = pytest.mark.heavy  # dbt parses the project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return SegmentProject.of(load_settings(home=tmp_path_factory.mktemp("home")))


def names(ids):
    return {one.split(".")[2] for one in ids}


def test_only_what_the_segment_and_the_comparison_are_made_from_is_built(project):
    plan = project.plan("dormant_recall")
    assert {"segment_dormant_recall", "customer_lifecycle", "int_customer_totals"} <= names(plan.of_a_day)
    built = names(plan.once | plan.of_a_day | plan.afterwards)
    assert not {"campaign_plan", "customer_tags", "segment_win_back", "goal_progress"} & built


def test_who_is_who_and_what_channels_delivered_is_built_once(project):
    plan = project.plan("high_value")
    assert not any(name.startswith(("stg_", "int_identity__")) for name in names(plan.of_a_day))
    assert {"customer_map", "int_identity__components", "backtest_bands"} <= names(plan.once)
    assert {"customer_daily_activity", "customer_consents"} <= names(plan.afterwards)


def test_only_a_segment_that_reads_forecasts_has_them_made_for_each_day(project):
    assert not project.plan("high_value").forecasts


def test_a_project_that_changes_meanwhile_ends_the_back_test(tmp_path):
    settings = load_settings(project_root=copy_project(tmp_path / "project"), home=tmp_path / "home")
    plan = SegmentProject.of(settings).plan("win_back")
    model = dbt_project.project_dir(settings) / "models" / "marts" / "segments" / "segment_win_back.sql"
    assert not model.is_relative_to(PROJECT_ROOT)
    model.write_text(model.read_text(encoding="utf-8").replace("('A', 'B')", "('A')"), encoding="utf-8")
    with (
        temporary_place(settings, date(2026, 3, 31)) as place,
        pytest.raises(UserError, match="changed while the back-test was under way"),
    ):
        DayBuilder(place, plan, date(2026, 6, 30)).build_day(date(2026, 3, 31))
