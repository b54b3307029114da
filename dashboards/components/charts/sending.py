"""Messages by day: how many left, and of them how many arrived."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, picking, short_numbers, styled
from dashboards.components.i18n import day_of_year

COLOURS = {"sent": palette.JADE_SOFT, "delivered": palette.JADE, "clicked": palette.VIOLET}
_DAYS_ACROSS = 12


def by_day(found: pd.DataFrame, names: dict[str, str], campaign: str) -> Spec | None:
    """Bars of what happened to the messages of each day, side by side; a click on one says which messages they are.

    Args:
        found: day, and a column for each measure.
        names: the measures in the reader's language, in drawing order.
        campaign: whose messages they are.
    """
    if found.empty:
        return None
    data = found.melt("day", list(names), "measure", "value")
    data["which"] = [f"{campaign}.{row.measure}....{row.day:%Y-%m-%d}" for row in data.itertuples()]
    data["name"] = data["measure"].map(names)
    data["label"] = data["day"].map(day_of_year)
    order = list(names.values())
    colours = [COLOURS[measure] for measure in names]
    # few days stay as narrow as many
    aside = max(0.2, (_DAYS_ACROSS - data["day"].nunique()) / 2)
    chart = (
        alt.Chart(data)
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2, cursor="pointer")
        .encode(
            x=alt.X(
                "label:N",
                sort=list(dict.fromkeys(data.sort_values("day")["label"])),
                axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True, ticks=False),
                scale=alt.Scale(paddingInner=0.3, paddingOuter=aside),
            ),
            xOffset=alt.XOffset("name:N", sort=order),
            y=alt.Y(
                "value:Q",
                axis=alt.Axis(title=None, domain=False, ticks=False, tickCount=4, labelExpr=short_numbers()),
            ),
            color=alt.Color("name:N", scale=alt.Scale(domain=order, range=colours)),
            tooltip=[
                alt.Tooltip("label:N", title=" "),
                alt.Tooltip("name:N", title="·"),
                alt.Tooltip("value:Q", title="#", format=","),
            ],
        )
        .add_params(picking())
    )
    return styled(chart, 240)
