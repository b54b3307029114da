"""Charts of movements: who woke up and who left, from where to where, cohorts, sizes over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, fitting, picking, short_numbers, styled, text_width
from dashboards.components.charts.trend import month_axis
from dashboards.components.i18n import month, number, percent, t, term

WAYS = {"woken": palette.JADE, "fell_dormant": palette.AMBER, "churned": palette.GREY}
# As many as there are RFM segments.
_LINES = (
    *(palette.JADE, palette.SKY, palette.AMBER, palette.VIOLET, palette.CORAL, "#B5658A", "#3A9A5B", "#6B8E23"),
    *("#8B5E3C", palette.GREY, "#4B5563"),
)


def ways_by_month(moves: pd.DataFrame) -> Spec | None:
    """Bars by month: who woke up above the line, who fell dormant or churned below it.

    A click on a part says `<way>.<month>`.

    Args:
        moves: month, way, customers.
    """
    if moves.empty:
        return None
    data = moves.astype({"customers": int})
    data["month"] = pd.to_datetime(data["month"])
    data["name"] = data["way"].map(lambda way: term("way", way))
    data["signed"] = data["customers"].where(data["way"] == "woken", -data["customers"])
    data["label"] = data["month"].map(month)
    data["which"] = data["way"] + "." + data["month"].dt.strftime("%Y-%m-%d")
    data["place"] = data["way"].map({way: place for place, way in enumerate(WAYS)})
    size = alt.ExprRef(f"max(4, min(34, width / {data['month'].nunique()} * 0.62))")
    bars = (
        alt.Chart(data)
        .mark_bar(size=size, cursor="pointer")
        .encode(
            x=alt.X("month:T", axis=month_axis(), scale=alt.Scale(padding=14)),
            y=alt.Y("signed:Q", axis=_amounts(_unsigned())),
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=[term("way", way) for way in WAYS], range=list(WAYS.values())),
                legend=alt.Legend(columns=3),
            ),
            order="place:Q",
            tooltip=[
                alt.Tooltip("label:N", title=" "),
                alt.Tooltip("name:N", title="·"),
                alt.Tooltip("customers:Q", title=t("word.steps"), format=","),
            ],
        )
        .add_params(picking())
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=palette.muted(), strokeWidth=1).encode(y="zero:Q")
    return styled(bars + zero, 262)


def retention_lines(cohorts: pd.DataFrame, months: Sequence[int]) -> Spec | None:
    """How many of each month's new buyers bought again so many months later, a line for each of `months`.

    Args:
        cohorts: cohort_month, months_later, retention, is_whole.
        months: months later that have a line.
    """
    data = cohorts[cohorts["months_later"].isin(months) & cohorts["is_whole"].astype(bool)]
    if data.empty:
        return None
    names = {later: t("cohort.later", months=later) for later in months}
    data = data.assign(name=data["months_later"].map(names), label=data["cohort_month"].map(month))
    data["cohort_month"] = pd.to_datetime(data["cohort_month"])
    line = alt.Chart(data).mark_line(
        strokeWidth=2.2, interpolate="monotone", point={"filled": True, "size": 34, "opacity": 1}
    )
    drawn = line.encode(
        x=alt.X("cohort_month:T", axis=month_axis(), scale=alt.Scale(padding=10)),
        y=alt.Y("retention:Q", axis=_amounts("format(datum.value, '.0%')"), scale=alt.Scale(domainMin=0)),
        color=_coloured(list(names.values())),
        tooltip=[
            alt.Tooltip("label:N", title=t("cohort.month")),
            alt.Tooltip("name:N", title="·"),
            alt.Tooltip("retention:Q", title=t("cohort.retention"), format=".1%"),
        ],
    )
    return styled(drawn, 262)


def moves_grid(moves: pd.DataFrame, names: Mapping[str, str], words: tuple[str, str], counted: str) -> Spec | None:
    """From where (rows) to where (columns), each cell with its number; what stays where it was is paler.

    A click on a cell says its `which`.

    Args:
        moves: before, after, customers, which.
        names: of the places, in their order.
        words: titles of rows and columns.
        counted: what the numbers are of.
    """
    if moves.empty or not moves["customers"].sum():
        return None
    data = moves.astype({"customers": int})
    data["row"], data["column"] = data["before"].map(names), data["after"].map(names)
    data["text"] = data["customers"].map(number)
    data["text_width"] = data["text"].map(text_width)
    data["share"] = (data["customers"] / data.groupby("before")["customers"].transform("sum")).map(percent)
    moved = data["customers"].where(data["before"] != data["after"], 0)
    high = float(moved.max() or 1)
    data["fill"] = [
        palette.faint() if row.before == row.after else _shade(row.customers / high) for row in data.itertuples()
    ]
    data["ink"] = [palette.ink() if row.before == row.after else palette.ink_on(row.fill) for row in data.itertuples()]
    order = list(names.values())
    x = alt.X("column:N", sort=order, scale=alt.Scale(domain=order), axis=_places(words[1], "top"))
    y = alt.Y("row:N", sort=order, scale=alt.Scale(domain=order), axis=_places(words[0], "left"))
    base = alt.Chart(data).encode(x=x, y=y)
    cells = (
        base.mark_rect(cornerRadius=6, stroke=palette.card(), strokeWidth=3, cursor="pointer")
        .encode(
            fill=alt.Fill("fill:N", scale=None),
            tooltip=[
                alt.Tooltip("row:N", title=words[0]),
                alt.Tooltip("column:N", title=words[1]),
                alt.Tooltip("customers:Q", title=counted, format=","),
                alt.Tooltip("share:N", title=t("moves.share")),
            ],
        )
        .add_params(picking())
    )
    room = fitting("text", f"width / {len(order)}", padding=2)
    texts = base.transform_calculate(shown=room).mark_text(fontSize=12, fontWeight=600)
    return styled(cells + texts.encode(text="shown:N", color=alt.Color("ink:N", scale=None)), 60 + 46 * len(order))


def cohort_grid(cohorts: pd.DataFrame) -> Spec | None:
    """A row for each month of first purchases, a column for each month later, the share who bought again as colour.

    A click on a cell says `<first day of the month>.<months later>`. The running month is grey.

    Args:
        cohorts: cohort_month, months_later, customers, buyers, retention, is_whole.
    """
    data = cohorts[cohorts["months_later"] > 0]
    if data.empty:
        return None
    data = data.assign(
        row=[t("cohort.row", month=month(row.cohort_month), count=number(row.customers)) for row in data.itertuples()],
        text=data["retention"].map(lambda share: percent(share, 0)),
        which=[f"{row.cohort_month:%Y-%m-%d}.{row.months_later}" if row.buyers else None for row in data.itertuples()],
    )
    data["text_width"] = data["text"].map(text_width)
    high = float(data["retention"].max() or 1)
    data["fill"] = [
        palette.faint() if not row.retention else _shade(row.retention / high, bool(row.is_whole))
        for row in data.itertuples()
    ]
    data["ink"] = [palette.ink_on(row.fill) if row.retention else palette.muted() for row in data.itertuples()]
    data["customers_of"] = data["customers"]
    data["customers"] = data["buyers"]
    rows = list(dict.fromkeys(data.sort_values("cohort_month", ascending=False)["row"]))
    axis = alt.Axis(title=t("cohort.axis"), orient="top", domain=False, ticks=False, labelAngle=0, labelOverlap=True)
    x = alt.X("months_later:O", axis=axis)
    y = alt.Y("row:N", sort=rows, axis=_places(None, "left"))
    base = alt.Chart(data).encode(x=x, y=y)
    cells = (
        base.mark_rect(cornerRadius=3, stroke=palette.card(), strokeWidth=1.5, cursor="pointer")
        .encode(
            fill=alt.Fill("fill:N", scale=None),
            tooltip=[
                alt.Tooltip("row:N", title=t("cohort.month")),
                alt.Tooltip("months_later:O", title=t("cohort.axis")),
                alt.Tooltip("text:N", title=t("cohort.retention")),
                alt.Tooltip("customers:Q", title=t("cohort.buyers"), format=","),
            ],
        )
        .add_params(picking())
    )
    columns = int(data["months_later"].max())
    room = fitting("text", f"width / {columns}", padding=2)
    texts = base.transform_calculate(shown=room).mark_text(fontSize=11)
    return styled(cells + texts.encode(text="shown:N", color=alt.Color("ink:N", scale=None)), 50 + 22 * len(rows))


def size_lines(sizes: pd.DataFrame, names: Mapping[str, str], colours: Mapping[str, str]) -> Spec | None:
    """A line for each segment over the days that are known; a click on a point says its `which`.

    Args:
        sizes: day, segment, customers, which (null where nobody can be listed).
        names: of the segments, in their order.
        colours: of some of them; the others take what is left.
    """
    data = sizes[sizes["segment"].isin(list(names))]
    if data.empty:
        return None
    data = data.assign(
        day=pd.to_datetime(data["day"]), name=data["segment"].map(names), customers=data["customers"].astype(int)
    )
    data["label"] = data["day"].dt.strftime("%Y-%m-%d")
    shown = [code for code in names if code in set(data["segment"])]
    taken = [palette.as_line(colours.get(code, _LINES[place % len(_LINES)])) for place, code in enumerate(shown)]
    x = alt.X("day:T", axis=alt.Axis(title=None, grid=False, format="%Y-%m-%d", labelOverlap=True, tickCount=6))
    y = alt.Y("customers:Q", axis=_amounts(short_numbers()), scale=alt.Scale(domainMin=0))
    colour = alt.Color(
        "name:N",
        scale=alt.Scale(domain=[names[code] for code in shown], range=taken),
        legend=alt.Legend(columns=4),
    )
    base = alt.Chart(data).encode(x=x, y=y, color=colour)
    lines = base.mark_line(strokeWidth=2, interpolate="step-after")
    points = base.mark_circle(size=70, opacity=1, cursor="pointer").encode(
        tooltip=[
            alt.Tooltip("label:N", title=" "),
            alt.Tooltip("name:N", title="·"),
            alt.Tooltip("customers:Q", title=t("word.customers"), format=","),
        ]
    )
    if data["which"].notna().any():
        points = points.add_params(picking())
    return styled(lines + points, 380)


def _shade(part: float, is_final: bool = True) -> str:
    """A colour for a part of the largest value, 0 to 1."""
    ramp = palette.ramp(is_grey=not is_final)
    return ramp[min(len(ramp) - 1, int(part * len(ramp)))]


def _coloured(names: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(names), range=[palette.as_line(colour) for colour in _LINES[: len(names)]])
    return alt.Color("name:N", scale=scale, legend=alt.Legend(columns=3))


def _amounts(labels: str) -> alt.Axis:
    return alt.Axis(title=None, domain=False, ticks=False, tickCount=5, labelExpr=labels)


def _unsigned() -> str:
    """Labels of an axis of which both sides are counts."""
    return short_numbers().replace("datum.value", "abs(datum.value)")


def _places(title: str | None, orient: Any) -> alt.Axis:
    return alt.Axis(
        title=title,
        orient=orient,
        domain=False,
        ticks=False,
        labelAngle=0 if orient == "left" else alt.ExprRef("width < 420 ? -38 : 0"),
        labelAlign="right" if orient == "left" else alt.ExprRef("width < 420 ? 'left' : 'center'"),
        labelColor=palette.ink(),
        labelLimit=150,
    )
