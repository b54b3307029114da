"""Whatever page a figure stands on, it leads to as many customers or messages as it shows; no figure is listed here."""

import pytest

from dashboards.components.figures import drill_down
from dashboards.components.i18n import catalogue
from dashboards.navigation import discover
from serving.figures import members as figures
from serving.published_copy import current_copy
from tests.testing.app_pages import figure_in, member_count, member_links

# The page of campaigns asks commands.
pytestmark = pytest.mark.heavy

VIEWS = [key.removeprefix("view.") for key in catalogue("en") if key.startswith("view.")]
LOOKS = [(header.path.stem, {}) for header in discover() if not header.hidden] + [
    ("segments", {"segments_view": view}) for view in VIEWS
]


@pytest.fixture
def ways(monkeypatch):
    """What the pages ask of the way to members: by the address, and by chart."""
    asked, charts, of_none = {}, [], []
    query, chart, plain = drill_down.query, drill_down.chart, drill_down.chart_of_no_members

    def noted_query(figure, chosen, which="", **more):
        found = query(figure, chosen, which, **more)
        asked[frozenset(found.items())] = (figure, chosen.filters, which)
        return found

    def noted_chart(drawn, description, key, figure, chosen):
        charts.append((drawn, figure, chosen.filters))
        chart(drawn, description, key, figure, chosen)

    def noted_plain(*arguments):
        of_none.append(arguments)
        plain(*arguments)

    monkeypatch.setattr(drill_down, "query", noted_query)
    monkeypatch.setattr(drill_down, "chart", noted_chart)
    monkeypatch.setattr(drill_down, "chart_of_no_members", noted_plain)
    return asked, charts, of_none


def values_of_parts(drawn):
    """The numbers that each part of a chart shows, by what a click on it says."""
    found = {}
    for row in (row for rows in drawn["datasets"].values() for row in rows):
        if row.get("which"):
            found.setdefault(row["which"], set()).add(row.get("customers", row.get("value")))
    return found


@pytest.mark.parametrize(("page", "query"), LOOKS, ids=str)
def test_every_figure_leads_to_as_many_members_as_it_shows(published, open_app, ways, page, query):
    asked, charts, of_none = ways
    app = open_app(page, "en", **query)
    assert not app.exception
    links, kinds = member_links(app), {}
    with current_copy(published) as copy:
        for text, address in links:
            address.pop("lang", None)
            figure, filters, which = asked[frozenset(address.items())]
            assert (address, figures.amount(copy, figure, filters, which)) == (address, figure_in(text))
            kinds[figure] = (text, address)
        for drawn, figure, filters in charts:
            for which, values in values_of_parts(drawn).items():
                assert figures.amount(copy, figure, filters, which) in values, (figure, which)
    # and the page of the members says so
    for text, address in kinds.values():
        assert member_count(open_app("members", "en", **address)) == figure_in(text)
    drawn = [list(chart.proto.selection_mode) for chart in app.get("vega_lite_chart")]
    assert len(drawn) >= len(charts)
    assert len([modes for modes in drawn if modes != ["picked"]]) == len(of_none), "a chart whose marks lead nowhere"
    if page in ("overview", "segments", "campaigns", "tags", "value"):
        assert links or charts
