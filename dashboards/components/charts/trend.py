"""Charts over time: one measure by week or month, and the stage mix by month."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, picking, short_numbers, styled
from dashboards.components.i18n import is_chinese, terms

# The last day of a period after its first one, and over how many periods the line looks.
_ENDS = {"day": pd.Timedelta(0), "week": pd.Timedelta(days=6), "month": pd.offsets.MonthEnd(0)}
_SMOOTH = {"day": 7, "week": 4, "month": 3}


def month_axis(days: bool = False) -> alt.Axis:
    """The axis of months, or of days."""
    if days:
        return alt.Axis(
            title=None, labelExpr="(month(datum.value) + 1) + '-' + date(datum.value)", grid=False, tickCount="week"
        )
    # Years at January, months else; Vega's own month names are English, so Chinese is written out.
    expression = (
        "month(datum.value) == 0 ? timeFormat(datum.value, '%Y') + '年' : (month(datum.value) + 1) + '月'"
        if is_chinese()
        else "month(datum.value) == 0 ? timeFormat(datum.value, '%Y') : timeFormat(datum.value, '%b')"
    )
    return alt.Axis(
        title=None,
        labelExpr=expression,
        grid=False,
        tickCount="month",
        labelOverlap=True,
        labelSeparation=5,
        labelFlush=False,
    )


def growth(periods: pd.DataFrame, title: str, grain: str) -> Spec | None:
    """Bars of one measure with a smoothed line over them; a click on a bar says its first and last day.

    Args:
        periods: period (date), value, first_day and last_day, the days that the period has figures of.
        title: the name of the measure in the reader's language.
        grain: 'day', 'week' or 'month': how wide a bar is and how far the line looks.
    """
    if periods.empty:
        return None
    data = periods[["period", "value"]].astype({"value": float})
    data["period"] = pd.to_datetime(data["period"])
    first, last = pd.to_datetime(periods["first_day"]), pd.to_datetime(periods["last_day"])
    # A period that the days cut, such as the running one, is drawn paler and left out of the line.
    data["open"] = (first > data["period"]) | (last < data["period"] + _ENDS[grain])
    data["smooth"] = data["value"].rolling(_SMOOTH[grain], min_periods=1).mean().mask(data["open"])
    data["label"] = data["period"].dt.strftime("%Y-%m" if grain == "month" else "%Y-%m-%d")
    data["which"] = first.dt.strftime("%Y-%m-%d") + "." + last.dt.strftime("%Y-%m-%d")
    x = alt.X("period:T", axis=month_axis(days=grain == "day"), scale=alt.Scale(padding=14))
    is_zero = not data["value"].any()  # Vega would draw the line of zero in the middle
    axis = alt.Axis(title=None, domain=False, ticks=False, tickCount=5, labelExpr=short_numbers())
    y = alt.Y("value:Q", axis=axis, scale=alt.Scale(domain=[0, 1])) if is_zero else alt.Y("value:Q", axis=axis)
    if is_zero:
        axis.values = [0]
    tooltip = [alt.Tooltip("label:N", title=" "), alt.Tooltip("value:Q", title=title, format=",.0f")]
    # as wide as the reader's screen leaves room for
    size = alt.ExprRef(f"max(3, min(34, width / {len(data)} * 0.62))")
    bars = (
        alt.Chart(data)
        .mark_bar(color=palette.JADE_SOFT, cornerRadiusTopLeft=3, cornerRadiusTopRight=3, size=size, cursor="pointer")
        .encode(x=x, y=y, opacity=alt.condition("datum.open", alt.value(0.35), alt.value(0.8)), tooltip=tooltip)
        .add_params(picking())
    )
    line = (
        alt.Chart(data)
        .mark_line(color=palette.JADE, strokeWidth=2.4, interpolate="monotone")
        .encode(x="period:T", y="smooth:Q")
    )
    return styled(bars + line, 262)


def stage_history(history: pd.DataFrame, title: str, as_share: bool) -> Spec | None:
    """Stacked areas of customers by stage and month; a click on one says `<stage>.<day>` of the nearest day.

    Args:
        history: day, stage, customers.
        title: the name of the measure.
        as_share: draw shares that add up to 100 % instead of counts.
    """
    if history.empty:
        return None
    words = terms("stage")
    data = history.assign(
        day=pd.to_datetime(history["day"]), name=history["stage"].map(lambda code: words.get(code, code))
    )
    known = [code for code in palette.STAGES if code in set(data["stage"])]
    data["place"] = data["stage"].map({code: place for place, code in enumerate(palette.STAGES)}).fillna(99)
    data["label"] = data["day"].dt.strftime("%Y-%m-%d")
    data["which"] = data["stage"] + "." + data["label"]
    data = _stacked(data.sort_values(["day", "place", "stage"]), as_share)
    x = alt.X("day:T", axis=month_axis())
    y = alt.Y(
        "top:Q",
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            tickCount=5,
            labelExpr="format(datum.value, '.0%')" if as_share else short_numbers(),
        ),
    )
    colour = alt.Color(
        "name:N",
        scale=alt.Scale(domain=[words.get(code, code) for code in known], range=[palette.STAGES[c] for c in known]),
        legend=alt.Legend(columns=3),
    )
    areas = (
        alt.Chart(data)
        .mark_area(interpolate="monotone", opacity=0.92, line={"strokeWidth": 0.6, "color": palette.card()})
        .encode(x=x, y=y, y2="bottom:Q", color=colour)
    )
    # an area is one mark for all its days: what is read and clicked is a part of it for each day
    parts = (
        alt.Chart(data)
        .mark_rect(fillOpacity=0, cursor="pointer")
        .encode(
            x=alt.X("since:T", axis=month_axis()),
            x2="until:T",
            y=y,
            y2="bottom:Q",
            tooltip=[
                alt.Tooltip("label:N", title=" "),
                alt.Tooltip("name:N", title="·"),
                alt.Tooltip("customers:Q", title=title, format=","),
            ],
        )
        .add_params(picking())
    )
    return styled(areas + parts, 380)


def _stacked(data: pd.DataFrame, as_share: bool) -> pd.DataFrame:
    """Each day's parts on top of each other, and as wide as up to the middle between two days."""
    of_day = data.groupby("day")["customers"]
    whole = of_day.transform("sum") if as_share else 1
    days = pd.Series(sorted(data["day"].unique()))
    middle = days + (days.shift(-1) - days) / 2
    return data.assign(
        top=of_day.cumsum() / whole,
        bottom=(of_day.cumsum() - data["customers"]) / whole,
        since=data["day"].map(dict(zip(days, middle.shift(1).fillna(days), strict=True))),
        until=data["day"].map(dict(zip(days, middle.fillna(days), strict=True))),
    )
