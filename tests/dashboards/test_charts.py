"""Charts: nothing to draw is no chart, and what is drawn keeps its proportions."""

from datetime import date

import altair as alt
import pandas as pd
import pytest

from dashboards.components.charts import flow, grid, histories, mix, quadrant, trend
from dashboards.components.charts.mix import Leaf, _squarify
from dashboards.queries import figures, segments
from dashboards.queries.insight import histories as of_histories
from serving.figures.filters import Filters

AS_OF = date(2026, 6, 30)
DAY = date(2026, 3, 31)
MOVES = pd.DataFrame(
    [("new", "active", 9, "new.active"), ("new", "new", 70, None), ("active", "new", 1, "active.new")],
    columns=["before", "after", "customers", "which"],
)


def test_no_rows_make_no_chart():
    nothing = pd.DataFrame()
    assert mix.ring([], "n", "n") is None
    assert mix.ring([("a", 0.0, "#000000")], "n", "n") is None
    assert mix.bars([], "n") is None
    assert mix.treemap([], "n") is None
    assert mix.share_bars(pd.DataFrame(columns=["line", "part", "value"]), {}) is None
    assert trend.growth(nothing, "n", "week") is None
    assert trend.stage_history(nothing, "n", as_share=False) is None
    assert grid.rfm_grid(nothing, "customers") is None
    assert flow.stage_flow(nothing, DAY, "a", "b") is None
    assert quadrant.quadrants(nothing, nothing) is None
    assert histories.ways_by_month(nothing) is None
    assert histories.moves_grid(nothing, {}, ("a", "b"), "n") is None
    cohorts = pd.DataFrame({"cohort_month": [DAY], "months_later": [0], "retention": [1.0], "is_whole": [True]})
    assert histories.cohort_grid(cohorts) is None
    assert histories.retention_lines(cohorts, [1]) is None
    assert histories.size_lines(pd.DataFrame({"segment": ["x"]}), {"new": "N"}, {}) is None


@pytest.mark.parametrize("values", [[1], [5, 3, 1], [361, 228, 215, 171, 113, 101, 40, 14], [9] * 12])
def test_treemap_boxes_fill_the_area_in_proportion(values):
    areas = [value / sum(values) * 2.5 for value in values]
    boxes = _squarify(areas, 0.0, 0.0, 2.5, 1.0)
    assert [w * h for _, _, w, h in boxes] == pytest.approx(areas)
    assert max(x + w for x, _, w, _ in boxes) == pytest.approx(2.5)
    assert max(y + h for _, y, _, h in boxes) == pytest.approx(1.0)


def test_a_treemap_leaves_texts_without_room_to_the_tooltip():
    leaves = [Leaf("大", 97, ("a", "b"), "#0E7C66"), Leaf("一个很长很长的细分名称", 3, ("a", "b"), "#FFFFFF")]
    drawn = mix.treemap(leaves, "n")
    rows = next(iter(drawn["datasets"].values()))
    assert [row["name"] for row in rows] == ["大", "一个很长很长的细分名称"]
    assert rows[1]["text_0_width"] == rows[1]["text_2_width"] > 130
    assert "width" in str(drawn["layer"][1]["transform"])


def test_a_treemap_breaks_a_name_that_is_too_wide_at_its_middle_space():
    drawn = mix.treemap(
        [Leaf("High-value, slipping away", 9, ("a", "b"), "#0E7C66"), Leaf("大", 1, ("a", "b"), "#FFFFFF")], "n"
    )
    rows = next(iter(drawn["datasets"].values()))
    assert [(row["broken_0"], row["broken_1"]) for row in rows] == [("High-value,", "slipping away"), ("大", "")]


def test_a_measure_of_zeros_stands_on_its_axis():
    periods = pd.DataFrame({"period": [date(2026, 5, 1), date(2026, 6, 1)], "value": [0, 0]})
    periods["first_day"], periods["last_day"] = periods["period"], [date(2026, 5, 31), AS_OF]
    y = trend.growth(periods, "n", "month")["layer"][0]["encoding"]["y"]
    assert (y["scale"]["domain"], y["axis"]["values"]) == ([0, 1], [0])


def test_bars_leave_room_for_their_figures_on_any_screen():
    x = mix.bars([("a", 918.0, "#000000")], "n")["layer"][0]["encoding"]["x"]
    assert x["scale"]["domainMax"] == {"expr": "918.0 * width / max(width - 35.0, 20)"}


def test_every_chart_is_valid_vega_lite(published):
    drawn = [
        mix.ring([("a", 1.0, "#000000")], "n", "m"),
        mix.ring([("a", 1.0, "#000000")], "n", "m", ["a"]),
        mix.bars([("a", 1.0, "#000000")], "n", ["a"]),
        mix.treemap([Leaf("a", 1, ("b", "c"), "#0E7C66", "a")], "n"),
        mix.bars([("a", 1.0, "#000000")], "n"),
        mix.treemap([Leaf("a", 1, ("b", "c"), "#0E7C66")], "n"),
        mix.share_bars(pd.DataFrame({"line": ["a"], "part": ["A"], "value": [1.0]}), {"A": "#0E7C66"}),
        trend.growth(figures.trend(Filters(date(2026, 1, 1), AS_OF), "new_customers", "week"), "n", "week"),
        trend.stage_history(segments.stage_history(), "n", as_share=True),
        grid.rfm_grid(segments.rfm_grid(), "monetary"),
        flow.stage_flow(segments.flow(DAY), DAY, "a", "b"),
        quadrant.quadrants(segments.value_points(), segments.quadrants()),
        histories.ways_by_month(of_histories.moves_by_month(date(2025, 7, 1))),
        histories.retention_lines(of_histories.cohorts(24), [1, 3]),
        histories.cohort_grid(of_histories.cohorts(24)),
        histories.moves_grid(MOVES, {"new": "N", "active": "A"}, ("from", "to"), "n"),
        histories.size_lines(of_histories.sizes("stage").assign(which="a"), {"new": "N", "active": "A"}, {}),
    ]
    for spec in drawn:
        alt.Chart.from_dict(spec).to_dict()


def test_bands_of_the_flow_leave_and_arrive_complete():
    moves = pd.DataFrame(
        [(None, "new", 30), ("new", "active", 50), ("new", "dormant", 10), ("active", "dormant", 20)],
        columns=["before", "after", "customers"],
    )
    bands = flow.stage_flow(moves, DAY, "a", "b")
    points = next(rows for rows in bands["datasets"].values() if "band" in rows[0])
    heights = {(row["band"], row["x"]): row["bottom"] - row["top"] for row in points if row["x"] in (0.0, 1.0)}
    assert heights[("new>active", 0.0)] / heights[("new>dormant", 0.0)] == pytest.approx(5)
    assert heights[("active>dormant", 1.0)] / heights[("new>dormant", 1.0)] == pytest.approx(2)


def test_unknown_stages_and_quadrants_are_drawn_too():
    history = pd.DataFrame({"day": [pd.Timestamp("2026-06-30")], "stage": ["brand_new"], "customers": [3]})
    assert trend.stage_history(history, "n", as_share=True) is not None
    moves = pd.DataFrame([("brand_new", "active", 3)], columns=["before", "after", "customers"])
    assert flow.stage_flow(moves, DAY, "a", "b") is not None


def test_who_woke_up_is_drawn_above_the_line_and_who_left_below_it():
    moves = pd.DataFrame({"month": [AS_OF.replace(day=1)] * 2, "way": ["woken", "churned"], "customers": [5, 3]})
    rows = next(rows for rows in histories.ways_by_month(moves)["datasets"].values() if "signed" in rows[0])
    assert [(row["signed"], row["which"]) for row in rows] == [(5, "woken.2026-06-01"), (-3, "churned.2026-06-01")]


def test_what_stayed_where_it_was_does_not_pale_what_moved():
    rows = next(iter(histories.moves_grid(MOVES, {"new": "N", "active": "A"}, ("a", "b"), "n")["datasets"].values()))
    fills = {(row["before"], row["after"]): row["fill"] for row in rows}
    assert fills["new", "active"] != fills["active", "new"]
    assert len(set(fills.values())) == 3


def test_months_that_are_not_over_are_grey_and_no_line_is_drawn_to_them():
    cohorts = pd.DataFrame({
        "cohort_month": [date(2026, 4, 1)] * 2, "months_later": [1, 2], "customers": [9, 9], "buyers": [6, 6],
        "retention": [0.66, 0.66], "is_whole": [True, False],
    })  # fmt: skip
    cells = next(iter(histories.cohort_grid(cohorts)["datasets"].values()))
    assert cells[0]["fill"] != cells[1]["fill"]
    assert [cell["which"] for cell in cells] == ["2026-04-01.1", "2026-04-01.2"]
    points = next(iter(histories.retention_lines(cohorts, [1, 2])["datasets"].values()))
    assert [point["months_later"] for point in points] == [1]
