"""The members behind a figure: as many as it says, under its filters, in pages, from where a customer opens."""

import pytest

from dashboards.queries import segments
from tests.testing.app_pages import figure_in, html, member_count, member_links

LANGUAGES = ["zh_CN", "en"]
FILTERS = {"period": "months_12", "channel": "pos"}


def members_of(open_app, query, language="en"):
    return open_app("members", language, **{name: value for name, value in query.items() if name != "lang"})


@pytest.mark.parametrize("filters", [{}, FILTERS], ids=["all", "filtered"])
def test_every_link_of_the_overview_leads_to_as_many_members_as_it_shows(published, open_app, filters):
    found = member_links(open_app("overview", "en", **filters))
    assert {query["of"] for _, query in found} >= {
        "customers", "new_customers", "active_customers", "repeat_buyers", "buyers", "stage", "value_class",
        "plan", "rfm", "messages", "holdouts",
    }  # fmt: skip
    for text, query in found:
        assert (text, member_count(members_of(open_app, query))) == (text, figure_in(text))


def test_every_tile_and_line_of_the_segments_leads_to_its_members(published, open_app):
    for view, of in (("quadrants", "quadrant"), ("named", "segment")):
        found = [one for one in member_links(open_app("segments", "en", segments_view=view)) if one[1]["of"] == of]
        tiles = {(text, query["which"]) for text, query in found}
        assert len(found) == 2 * len(tiles) > 0, "the name and the figure of each"
        for text, which in tiles:
            assert member_count(members_of(open_app, {"of": of, "which": which})) == figure_in(text)
    lines = [query["which"] for _, query in member_links(open_app("segments", "en")) if query["of"] == "rfm"]
    assert len(lines) == len(set(lines)) > 4


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("of", "which"),
    [
        ("customers", ""), ("complaints", ""), ("merged", ""), ("stage", "dormant"), ("rfm", "important_value"),
        ("rfm_cell", "5-5"), ("value_class", "A"), ("tier", "high.potential"), ("quadrant", "star"),
        ("segment", "win_back"), ("moved", "active.regular.2026-03-31"), ("plan", "hold.frequency_cap"),
        ("plan", "send"), ("stage_on", "dormant.2026-03-31"), ("campaign_plan", "dormant_recall.hold.frequency_cap"),
        ("campaign_plan", "dormant_recall.send..1.sms.a"), ("campaign_audience", "dormant_recall.holdout"),
        ("messages", ".sent"), ("messages", "dormant_recall.clicked.sms.1.A"),
        ("holdouts", "dormant_recall.held_out.2"), ("holdouts", "dormant_recall.converted..sms"),
    ],
)  # fmt: skip
def test_every_kind_of_figure_has_a_name_and_members(published, open_app, of, which, language):
    period = {"period": "months_12"} if of == "complaints" else {}
    app = members_of(open_app, {"of": of, "which": which, **period}, language)
    assert not app.exception
    assert len(app.dataframe) == 1
    title = html(app).partition("<h1>")[2].partition("</h1>")[0]
    assert "_" not in title
    assert (language == "zh_CN") == any("\u4e00" <= letter <= "\u9fff" for letter in title)


def test_a_filter_that_the_figure_does_not_know_shows_nobody_and_says_why(published, open_app):
    app = members_of(open_app, {"of": "new_customers", "store": "上海一店"})
    assert "Not available by: Store" in html(app)
    assert not app.dataframe


@pytest.mark.parametrize(
    "query",
    [{}, {"of": "nobody"}, {"of": "rfm_cell", "which": "9-9"}, {"of": "stage"}, {"of": "customers", "which": "x"}],
)
def test_an_address_without_a_figure_says_where_figures_are(published, open_app, query):
    app = members_of(open_app, query)
    assert not app.exception
    assert "No figure is chosen" in html(app)


def test_many_members_come_in_pages_that_the_address_says(published, open_app, ask):
    wanted = [
        row[0]
        for row in ask("select customer_id from marts.customers order by net_revenue desc nulls last, customer_id")
    ]
    app = members_of(open_app, {"of": "customers"}, "zh_CN")
    assert list(app.dataframe[0].value["customer_id"]) == wanted[: segments.MEMBERS_SHOWN]
    assert any(f"显示第 1 至 {segments.MEMBERS_SHOWN} 位" in caption.value for caption in app.caption)
    next(button for button in app.button if button.label == "下一页").click().run()
    second = wanted[segments.MEMBERS_SHOWN : 2 * segments.MEMBERS_SHOWN]
    assert list(app.dataframe[0].value["customer_id"]) == second
    said = app.query_params["members_page"]
    page = said[0] if isinstance(said, list) else said
    again = members_of(open_app, {"of": "customers", "members_page": page})
    assert list(again.dataframe[0].value["customer_id"]) == second
    other = members_of(open_app, {"of": "customers", "channel": "app", "members_page": page})
    assert any("1 to 300 shown" in caption.value for caption in other.caption)


def test_members_are_masked_as_in_every_list(published, open_app):
    shown = members_of(open_app, {"of": "stage", "which": "dormant"}).dataframe[0].value
    assert shown["phone_mask"].str.fullmatch(r"\*{4}\d{4}").all()
