"""Filters of the overview: they stand in the address, every figure follows them or says that it cannot."""

import pytest

from dashboards.components.i18n import NOTHING, number, percent
from tests.testing.app_pages import html, metrics

LANGUAGES = ["zh_CN", "en"]
STORE = "上海一店"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    [
        {"period": "days_30"},
        {"period": "months_12", "channel": "app"},
        {"period": "range", "from": "2026-02-01", "to": "2026-02-14", "channel": "pos", "store": STORE},
    ],
)
def test_an_address_shows_what_was_chosen_in_words(published, open_app, language, query):
    app = open_app("overview", language, **query)
    assert not app.exception
    said = next(caption.value for caption in app.caption if caption.value.startswith(("当前筛选", "Filtered by")))
    assert (STORE in said) == ("store" in query)
    assert app.selectbox(key="period").value == query["period"]
    assert app.selectbox(key="channel").value == query.get("channel", "")


def test_key_figures_follow_period_and_channel(published, open_app, ask):
    since, until = "2026-04-02", "2026-06-30"
    shown = metrics(open_app("overview", "en", period="days_90", channel="app"))
    known = ask("select count(*) from marts.customer_channel_summary where channel = 'app'")[0][0]
    new = ask(
        "select count(*) from marts.customers where first_channel = 'app' and first_seen_at::date between ? and ?",
        since,
        until,
    )[0][0]
    active, repeat, bought = ask(
        """
        with days as (select * from marts.customer_daily_activity where activity_day between ? and ?),
        bought as (
            select customer_id, sum(purchases) as purchases, bool_or(channel = 'app' and purchases > 0) as in_app
            from days group by all
        )
        select
            (select count(distinct customer_id) from days
             where channel = 'app' and (interactions > 0 or purchases > 0)),
            count(*) filter (where in_app and (purchases > 1 or first_purchase_at < ?)), count(*) filter (where in_app)
        from bought inner join marts.customers using (customer_id)
        """,
        since,
        until,
        since,
    )[0]
    assert shown["Customers"] == number(known)
    assert shown["New customers"] == number(new)
    assert shown["Active"] == percent(active / known)
    assert shown["Repurchase rate"] == percent(repeat / bought)


def test_the_last_30_days_are_the_same_with_and_without_a_filter_that_says_so(published, open_app):
    plain, chosen = metrics(open_app("overview", "en")), metrics(open_app("overview", "en", period="days_30"))
    assert plain["Seen in 30 days"] == chosen["Active"]


def test_a_figure_that_cannot_follow_a_filter_says_so_and_shows_no_number(published, open_app):
    app = open_app("overview", "en", channel="pos", store=STORE)
    shown = metrics(app)
    assert (shown["New this month"], shown["Seen in 30 days"], shown["Messages sent"]) == (NOTHING,) * 3
    deltas = {metric.label: metric.delta for metric in app.metric}
    assert deltas["New this month"] == "Not available by: Store"
    assert deltas["Messages sent"] == "Not available by: Channel, Store"
    assert "This figure cannot follow the filters" in html(app)  # the growth of new customers
    assert shown["Revenue, month"] != NOTHING
    assert any("All data. Not filtered by: Channel, Store." in caption.value for caption in app.caption)


def test_the_state_of_today_says_that_no_period_narrows_it(published, open_app, ask):
    app = open_app("overview", "en", period="days_90", channel="pos")
    counts = ask(
        "select stage, count(*) from marts.customer_lifecycle inner join marts.customer_channel_summary"
        " using (customer_id) where channel = 'pos' group by stage"
    )
    for stage, count in counts:
        assert f"{stage.capitalize()} <b>{number(count)}" in html(app)
    assert sum("As of the last day. Not filtered by: Period." in caption.value for caption in app.caption) == 6


def test_reset_takes_every_filter_out_of_the_address(published, open_app):
    app = open_app("overview", period="range", **{"from": "2026-02-01", "to": "2026-02-14", "channel": "pos"})
    reset = next(button for button in app.button if button.label == "重置筛选")
    reset.click().run()
    assert not app.exception
    assert not {"period", "from", "to", "channel", "store"} & set(app.query_params)
    assert app.selectbox(key="channel").value == ""


def test_a_store_is_offered_below_its_channel_only(published, open_app):
    assert STORE in open_app("overview", "en", channel="pos").selectbox(key="store").options
    assert open_app("overview", "en", channel="app").selectbox(key="store").disabled


@pytest.mark.parametrize(
    "query",
    [
        {"period": "<script>"},
        {"channel": "nobody"},
        {"channel": "app", "store": STORE},
        {"period": "range", "from": "2026-13-01", "to": "x"},
        {"period": "range", "from": "2026-06-01", "to": "2026-05-01"},
    ],
)
def test_an_address_that_says_nonsense_shows_the_page(published, open_app, query):
    app = open_app("overview", **query)
    assert not app.exception
    assert len(app.metric) == 6
