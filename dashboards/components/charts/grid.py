"""The RFM grid: recency × frequency, one cell for each pair of scores, clickable."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, fitting, styled, text_width
from dashboards.components.i18n import compact, number, t

SCORES = range(1, 6)


def rfm_grid(cells: pd.DataFrame, measure: str) -> Spec | None:
    """Heat map with figures; the selection parameter `picked` yields r_score and f_score of the clicked cell.

    Args:
        cells: r_score, f_score, customers, monetary, recency_days, frequency; missing cells are drawn empty.
        measure: 'customers' or 'monetary': what the colour and the large figure show.
    """
    if cells.empty:
        return None
    full = pd.MultiIndex.from_product([SCORES, SCORES], names=["r_score", "f_score"]).to_frame(index=False)
    data = full.merge(cells, how="left", on=["r_score", "f_score"])
    data["customers"] = data["customers"].fillna(0)
    data["figure"] = [compact(value) if value else "" for value in data[measure].fillna(0)]
    other = "monetary" if measure == "customers" else "customers"
    data["aside"] = [
        "" if not row.customers else t(f"rfm.cell.{other}", value=compact(round(getattr(row, other))))
        for row in data.itertuples()
    ]
    data["aside_width"] = data["aside"].map(text_width)
    data["mean_recency"] = data["recency_days"].map(lambda days: number(days, 0))
    data["mean_frequency"] = data["frequency"].map(lambda times: number(times, 1))
    data["mean_monetary"] = data["monetary"].map(lambda money: number(money, 0))
    high = float(data[measure].max() or 1)
    data["ink"] = ["#FFFFFF" if (value or 0) > 0.55 * high else palette.INK for value in data[measure].fillna(0)]
    clicked = alt.selection_point(name="picked", fields=["r_score", "f_score"], on="click", clear="dblclick")
    x = alt.X(
        "f_score:O",
        axis=alt.Axis(title=t("rfm.axis.f"), labelAngle=0, domain=False, ticks=False, orient="bottom"),
    )
    y = alt.Y(
        "r_score:O",
        sort="descending",
        axis=alt.Axis(title=t("rfm.axis.r"), domain=False, ticks=False),
    )
    base = alt.Chart(data).encode(x=x, y=y)
    cell = (
        base.mark_rect(cornerRadius=8, stroke=palette.card(), strokeWidth=4, cursor="pointer")
        .encode(
            # Fill, not colour: a colour scale beside texts with literal colours breaks Vega's legend.
            fill=alt.Fill(f"{measure}:Q", scale=alt.Scale(range=palette.JADE_RAMP, domainMin=0), legend=None),
            opacity=alt.condition(clicked, alt.value(1.0), alt.value(0.38)),
            tooltip=[
                alt.Tooltip("customers:Q", title=t("word.customers"), format=","),
                alt.Tooltip("mean_monetary:N", title=t("rfm.tip.monetary")),
                alt.Tooltip("mean_frequency:N", title=t("rfm.tip.frequency")),
                alt.Tooltip("mean_recency:N", title=t("rfm.tip.recency")),
            ],
        )
        .add_params(clicked)
    )
    ink = alt.Color("ink:N", scale=None)
    size = alt.ExprRef("width < 320 ? 13 : 16")
    figures = base.mark_text(fontSize=size, fontWeight=600, dy=-7).encode(text="figure:N", color=ink)
    # on a phone a cell is too narrow for the second figure
    room = fitting("aside", f"width / {len(SCORES)}", padding=0)
    asides = base.transform_calculate(shown=room).mark_text(fontSize=11, dy=12, opacity=0.85)
    asides = asides.encode(text="shown:N", color=ink)
    return styled(cell + figures + asides, 400)
