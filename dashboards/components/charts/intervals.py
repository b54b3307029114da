"""Values with their intervals, one below the other, against a line at nothing."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, styled

_ROW = 34


def intervals(rows: pd.DataFrame, number_format: str, zero: bool = True) -> Spec | None:
    """A point and its interval for each row; one that reaches the line at nothing is drawn weaker.

    Args:
        rows: name, value, low, high, in drawing order; text is what a tooltip says.
        number_format: of the axis, as d3 writes formats.
        zero: whether a line at nothing is what the intervals are held against.
    """
    known = rows.dropna(subset=["value", "low", "high"])
    if known.empty:
        return None
    data = known.assign(is_clear=(known["low"] > 0) | (known["high"] < 0) | (not zero))
    names = list(dict.fromkeys(data["name"]))
    y = alt.Y("name:N", sort=names, axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=240))
    axis = alt.Axis(
        title=None,
        domain=False,
        ticks=False,
        tickCount=5,
        format=number_format,
        labelOverlap="greedy",
        labelSeparation=8,
    )
    colour = alt.condition("datum.is_clear", alt.value(palette.JADE), alt.value(palette.GREY))
    tooltip = [alt.Tooltip("name:N", title=" "), alt.Tooltip("text:N", title="·")]
    x = alt.X("low:Q", axis=axis, scale=alt.Scale(zero=zero))
    bars = alt.Chart(data).mark_rule(strokeWidth=3).encode(x=x, x2="high:Q", y=y, color=colour, tooltip=tooltip)
    points = alt.Chart(data).mark_circle(size=90, opacity=1).encode(x="value:Q", y=y, color=colour, tooltip=tooltip)
    if not zero:
        return styled(bars + points, 40 + _ROW * len(names))
    line = alt.Chart(pd.DataFrame({"nothing": [0]})).mark_rule(color=palette.GREY, strokeDash=[4, 4])
    return styled(line.encode(x="nothing:Q") + bars + points, 40 + _ROW * len(names))
