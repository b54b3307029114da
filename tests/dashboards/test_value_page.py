"""The page of customer value: totals, tenths, who has no forecast, how good the model is and what it cannot do."""

from html import unescape

import duckdb
import pytest

from tests.testing.app_pages import html


@pytest.mark.parametrize(("language", "names"), [
    ("zh_CN", ("未来 90 天预期消费", "前十分位客户的消费占比", "没有净购买", "MBG/NBD 模型", "不能")),
    ("en", ("Spend expected in 90 days", "Share of spend of the top tenth", "No purchase", "MBG/NBD model", "Cannot")),
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


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_without_customers_nobody_is_said_to_have_a_forecast(own, open_app, language):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        for table in ("customer_lifetime", "lifetime_models", "lifetime_figures", "lifetime_calibration"):
            con.execute(f"delete from marts.{table}")
    app = open_app("value", language)
    shown = unescape(html(app)) + " ".join(one.value for one in app.caption)
    assert not app.exception
    assert ("还没有预测" if language == "zh_CN" else "Nothing is forecast yet") in shown
    assert "每位客户都有预测" not in shown
    assert "Every customer has a forecast" not in shown
