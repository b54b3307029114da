"""The page of customer value: totals, tenths, who has no forecast, how good the model is and what it cannot do."""

from html import unescape

import pytest

from tests.testing.app_pages import html


@pytest.mark.parametrize(("language", "names"), [
    ("zh_CN", ("未来 90 天预期消费", "前十分位客户的消费占比", "从未购买", "MBG/NBD 模型", "不能")),
    ("en", ("Spend expected in 90 days", "Share of spend of the top tenth", "Never bought", "MBG/NBD model", "Cannot")),
])  # fmt: skip
def test_forecasts_stand_with_their_model_and_with_what_is_not_known(published, open_app, language, names):
    app = open_app("value", language)
    shown = unescape(html(app))
    assert not app.exception
    assert [name for name in names if name not in shown] == []
    assert ">nan<" not in shown


def test_another_horizon_shows_its_own_figures_and_an_unknown_one_those_of_90_days(published, open_app):
    assert "43.0% (40.4% – 45.6%)" in unescape(html(open_app("value", "en", horizon="365")))
    assert not open_app("value", "en", horizon="7").exception
