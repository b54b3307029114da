"""Charts: nothing to draw is no chart, and what is drawn keeps its proportions."""

import pandas as pd
import pytest

from dashboards.components.charts import flow, grid, mix, quadrant, trend
from dashboards.components.charts.mix import Leaf, _squarify


def test_no_rows_make_no_chart():
    nothing = pd.DataFrame()
    assert mix.ring([], "n", "n") is None
    assert mix.ring([("a", 0.0, "#000000")], "n", "n") is None
    assert mix.bars([], "n") is None
    assert mix.treemap([], "n") is None
    assert mix.share_bars(pd.DataFrame(columns=["line", "part", "value"]), {}) is None
    assert trend.growth(nothing, "orders", "n", "week") is None
    assert trend.stage_history(nothing, "n", as_share=False) is None
    assert grid.rfm_grid(nothing, "customers") is None
    assert flow.stage_flow(nothing, "a", "b") is None
    assert quadrant.quadrants(nothing, nothing) is None


@pytest.mark.parametrize("values", [[1], [5, 3, 1], [361, 228, 215, 171, 113, 101, 40, 14], [9] * 12])
def test_treemap_boxes_fill_the_area_in_proportion(values):
    areas = [value / sum(values) * 2.5 for value in values]
    boxes = _squarify(areas, 0.0, 0.0, 2.5, 1.0)
    assert [w * h for _, _, w, h in boxes] == pytest.approx(areas)
    assert max(x + w for x, _, w, _ in boxes) == pytest.approx(2.5)
    assert max(y + h for _, y, _, h in boxes) == pytest.approx(1.0)


def test_a_treemap_leaves_texts_without_room_to_the_tooltip():
    leaves = [Leaf("大", 97, ("a", "b"), "#0E7C66"), Leaf("一个很长很长的细分名称", 3, ("a", "b"), "#FFFFFF")]
    drawn = mix.treemap(leaves, "n").to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert [row["text_0"] for row in rows] == ["大", ""]
    assert [row["name"] for row in rows] == ["大", "一个很长很长的细分名称"]


def test_bands_of_the_flow_leave_and_arrive_complete():
    moves = pd.DataFrame(
        [(None, "new", 30), ("new", "active", 50), ("new", "dormant", 10), ("active", "dormant", 20)],
        columns=["before", "after", "customers"],
    )
    bands = flow.stage_flow(moves, "a", "b").to_dict()
    points = next(rows for rows in bands["datasets"].values() if "band" in rows[0])
    heights = {(row["band"], row["x"]): row["bottom"] - row["top"] for row in points if row["x"] in (0.0, 1.0)}
    assert heights[("new>active", 0.0)] / heights[("new>dormant", 0.0)] == pytest.approx(5)
    assert heights[("active>dormant", 1.0)] / heights[("new>dormant", 1.0)] == pytest.approx(2)


def test_unknown_stages_and_quadrants_are_drawn_too():
    history = pd.DataFrame({"day": [pd.Timestamp("2026-06-30")], "stage": ["brand_new"], "customers": [3]})
    assert trend.stage_history(history, "n", as_share=True) is not None
    moves = pd.DataFrame([("brand_new", "active", 3)], columns=["before", "after", "customers"])
    assert flow.stage_flow(moves, "a", "b") is not None
