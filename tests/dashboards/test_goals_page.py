"""The page of goals: how each stands, where it is going, and why some are not measured."""

from html import unescape

import pytest

from tests.testing.app_pages import html


@pytest.mark.parametrize(("language", "on", "off", "unknown"), [
    ("zh_CN", "进展正常", "落后", "尚未识别客户需求。"),
    ("en", "On track", "Off track", "Needs are not recognised yet."),
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


def test_the_chosen_goal_is_drawn_with_its_months_and_explained(published, open_app):
    app = open_app("goals", "en", goal="nps")
    shown = html(app)
    assert "Promoters less detractors." in shown
    assert "63, between 59 and 67 in 8 of 10 cases" in shown.replace(".0", "")


def test_a_goal_that_has_one_month_has_no_forecast(published, open_app):
    assert "none: it takes eight whole months" in html(open_app("goals", "en", goal="row_accuracy"))
