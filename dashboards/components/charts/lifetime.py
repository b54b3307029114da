"""How a lifetime model did: what it expected of each tenth of the customers, and what came."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, short_numbers, styled


def calibration_chart(points: pd.DataFrame, names: dict[str, str], words: dict[str, str]) -> Spec | None:
    """A point for each tenth, expected against made; on the diagonal a forecast is exactly right.

    Args:
        points: model, decile, expected_purchases, made_purchases.
        names: of the models, in the reader's language.
        words: names of `expected`, `made`, `decile` in the reader's language.
    """
    if points.empty:
        return None
    data = points.assign(name=points["model"].map(names).fillna(points["model"]))
    end = float(data[["expected_purchases", "made_purchases"]].max().max()) or 1.0
    scale = alt.Scale(domain=[0, end * 1.05], nice=False)
    x = alt.X("expected_purchases:Q", scale=scale, axis=_axis(words["expected"]))
    y = alt.Y("made_purchases:Q", scale=scale, axis=_axis(words["made"]))
    colour = alt.Color(
        "name:N",
        scale=alt.Scale(
            domain=list(dict.fromkeys(names.values())),
            range=[palette.as_line(palette.JADE), palette.as_line(palette.GREY)],
        ),
    )
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("decile:Q", title=words["decile"]),
        alt.Tooltip("expected_purchases:Q", title=words["expected"], format=".2f"),
        alt.Tooltip("made_purchases:Q", title=words["made"], format=".2f"),
    ]
    line = alt.Chart(pd.DataFrame({"expected_purchases": [0, end], "made_purchases": [0, end]}))
    diagonal = line.mark_line(color=palette.as_line(palette.AMBER), strokeDash=[4, 3], strokeWidth=1.6).encode(x=x, y=y)
    drawn = alt.Chart(data)
    return styled(
        alt.LayerChart(
            layer=[
                diagonal,
                drawn.mark_line(strokeWidth=1.2).encode(x=x, y=y, color=colour, order="decile:Q"),
                drawn.mark_circle(size=64, opacity=1).encode(x=x, y=y, color=colour, tooltip=tooltip),
            ]
        ),
        300,
    )


def _axis(title: str) -> alt.Axis:
    return alt.Axis(title=title, domain=False, ticks=False, tickCount=5, labelExpr=short_numbers())
