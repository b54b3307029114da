"""The page of goals: how each stands, where it is going, and why some are not measured."""

from html import unescape

import pytest

from tests.testing.app_pages import html


@pytest.mark.parametrize(("language", "on", "off", "unknown"), [
    ("zh_CN", "进展正常", "落后", "需求指购买记录显示的偏好品类。"),
    ("en", "On track", "Off track", "A need is the category that purchases show a customer to prefer."),
])  # fmt: skip
def test_every_goal_stands_with_its_status_and_nothing_is_made_up(published, open_app, ask, language, on, off, unknown):
    app = open_app("goals", language)
    shown = unescape(html(app))
    assert not app.exception
    assert f">{on}<" in shown
    assert unknown in shown
    assert ">nan<" not in shown
    goals = ask(f"select name_{language[:2]} from rules.goals")
    assert [name for (name,) in goals if name not in shown] == []
    assert len(goals) == ask("select count(*) from marts.goal_progress")[0][0]
    assert (f">{off}<" in shown) == bool(
        ask("select count(*) from marts.goal_progress where status = 'off_track'")[0][0]
    )


@pytest.mark.parametrize(("language", "said"), [("zh_CN", ["预警", "华东", "10%"]), ("en", ["Alert", "华东", "10%"])])
def test_a_region_with_too_many_negative_scores_in_the_last_whole_week_is_an_alert(published, open_app, language, said):
    shown = html(open_app("goals", language)).replace(".0%", "%")
    alerts = shown[shown.index("negative_alerts") if "negative_alerts" in shown else 0 :]
    assert [word for word in said if word not in alerts] == []
    assert "华南" not in alerts  # one of 60 may be


def test_the_chosen_goal_is_drawn_with_its_months_and_explained(published, open_app):
    app = open_app("goals", "en", goal="nps")
    shown = html(app)
    assert "Promoters less detractors." in shown
    assert "63, between 59 and 67 in 8 of 10 cases" in shown.replace(".0", "")


def test_a_goal_that_has_one_month_has_no_forecast(published, open_app):
    assert "none: it takes eight whole months" in html(open_app("goals", "en", goal="row_accuracy"))
