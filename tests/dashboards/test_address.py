"""What the address says is shown, in codes that no language changes; the browser tests show that choices are kept."""

import pytest

from dashboards.components.i18n import number


def said(app):
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(app.query_params).items()}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_same_address_shows_the_same_in_every_language(published, open_app, language):
    app = open_app("overview", language, growth_measure="complaints", growth_span="weeks_26")
    assert app.button_group(key="growth_measure").value == "complaints"
    assert app.button_group(key="growth_span").value == "weeks_26"


@pytest.mark.parametrize(
    "query",
    [{"segments_view": "<script>"}, {"rfm_segment": "nobody"}, {"rfm_cell": "9-9"}, {"rfm_cell": "1-1; drop table"}],
)
def test_an_address_that_says_nonsense_shows_what_it_shows_without(published, open_app, query):
    plain, app = open_app("segments"), open_app("segments", **query)
    assert not app.exception
    assert app.dataframe[0].value.equals(plain.dataframe[0].value)


def test_a_cell_of_the_grid_in_the_address_lists_its_members(published, open_app, ask):
    count = ask("select count(*) from marts.customer_rfm where r_score = 5 and f_score = 5")[0][0]
    app = open_app("segments", "en", rfm_cell="5-5")
    assert any(caption.value.startswith(f"{number(count)} customers") for caption in app.caption)


def test_the_filter_of_the_timeline_stands_in_the_address(published, open_app, ask):
    customer, channel = ask(
        "select customer_id, any_value(channel) from marts.customer_timeline"
        " group by all having count(distinct channel) > 1 order by 1 limit 1"
    )[0]
    app = open_app("customer", "en", id=customer, channels=channel)
    assert app.button_group(key=f"timeline_channels_{customer}").value == [channel]


def test_a_chosen_language_outlives_a_reload(published, open_app):
    app = open_app("segments", "en")  # the browser of these tests asks for no language, so Chinese counts
    assert said(app)["lang"] == "en"
    assert "lang" not in said(open_app("segments", "zh_CN"))
