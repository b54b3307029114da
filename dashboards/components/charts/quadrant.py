"""Current value × potential value: a sample of customers as points over four fields."""

from __future__ import annotations

from typing import Literal

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, picking, styled
from dashboards.components.i18n import number, t, term

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def quadrants(points: pd.DataFrame, summary: pd.DataFrame) -> Spec | None:
    """Points coloured by quadrant, the two thresholds as lines, name and number in each corner.

    A click on a point says whose it is.

    Args:
        points: customer_id, quadrant, current_value_score, potential_value_score, spend_6m.
        summary: quadrant, customers, lowest_current, lowest_potential.
    """
    if points.empty or summary.empty:
        return None
    by_code = summary.set_index("quadrant")
    known = [code for code in palette.QUADRANTS if code in by_code.index]
    high_now = [code for code in known if code in ("star", "cash_cow")]
    high_later = [code for code in known if code in ("star", "potential")]
    lines = {
        "x": float(by_code.loc[high_now, "lowest_current"].min()) if high_now else 100.0,
        "y": float(by_code.loc[high_later, "lowest_potential"].min()) if high_later else 100.0,
    }
    data = points.assign(
        name=points["quadrant"].map(lambda code: term("quadrant", code)),
        colour=points["quadrant"].map(lambda code: palette.QUADRANTS.get(code, palette.GREY)),
        which=points["customer_id"],
    )
    scale = alt.Scale(domain=[0, 100], nice=False)
    x = alt.X("current_value_score:Q", scale=scale, axis=alt.Axis(title=t("quadrant.axis.current"), tickCount=5))
    y = alt.Y("potential_value_score:Q", scale=scale, axis=alt.Axis(title=t("quadrant.axis.potential"), tickCount=5))
    dots = (
        alt.Chart(data)
        .mark_circle(size=42, opacity=0.5, cursor="pointer")
        .encode(
            x=x,
            y=y,
            color=alt.Color("colour:N", scale=None),
            tooltip=[
                alt.Tooltip("name:N", title="·"),
                alt.Tooltip("current_value_score:Q", title=t("quadrant.axis.current"), format=".0f"),
                alt.Tooltip("potential_value_score:Q", title=t("quadrant.axis.potential"), format=".0f"),
                alt.Tooltip("spend_6m:Q", title=t("quadrant.spend"), format=",.0f"),
            ],
        )
        .add_params(picking())
    )
    rule = alt.Chart(pd.DataFrame([lines])).mark_rule(stroke=palette.muted(), strokeDash=[5, 4], strokeWidth=1)
    vertical = rule.encode(x=alt.X("x:Q", scale=scale))
    horizontal = rule.encode(y=alt.Y("y:Q", scale=scale))
    corners = pd.DataFrame(
        {
            "x": 99 if code in ("star", "cash_cow") else 1,
            "y": 97 if code in ("star", "potential") else 3,
            "align": "right" if code in ("star", "cash_cow") else "left",
            "text": f"{term('quadrant', code)}  {number(by_code.loc[code, 'customers'])}",
            "colour": palette.muted() if code == "basic" else palette.as_text(palette.QUADRANTS[code]),
        }
        for code in known
    )
    layers: list[alt.Chart] = [dots, vertical, horizontal]
    for align in _SIDES:
        words = alt.Chart(corners[corners["align"] == align]).encode(
            x=alt.X("x:Q", scale=scale),
            y=alt.Y("y:Q", scale=scale),
            text="text:N",
            color=alt.Color("colour:N", scale=None),
        )
        # The card's colour behind the word, so that points do not make it hard to read.
        layers.append(words.mark_text(align=align, fontSize=14, fontWeight=700, stroke=palette.card(), strokeWidth=5))
        layers.append(words.mark_text(align=align, fontSize=14, fontWeight=700))
    return styled(alt.LayerChart(layer=layers), 430)
