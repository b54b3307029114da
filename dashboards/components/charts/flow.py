"""The lifecycle flow: how many went from which stage to which, as bands between two columns of boxes."""

from __future__ import annotations

import math
from datetime import date
from typing import Literal

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, picking, styled
from dashboards.components.i18n import number, t, term

UNKNOWN = "unknown"
_STEPS = 24
_BOX = 0.035
_GAP = 0.03
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def stage_flow(moves: pd.DataFrame, day: date, left_title: str, right_title: str, height: int = 420) -> Spec | None:
    """Bands from the earlier stage (left) to the present one (right), as high as their numbers.

    A click on a band says `<before>.<after>.<day>`, with nothing for a stage that was not yet known.

    Args:
        moves: before (null: not yet known), after, customers.
        day: of the earlier stage.
        left_title: above the left column.
        right_title: above the right column.
        height: in pixels.
    """
    if moves.empty or not moves["customers"].sum():
        return None
    data = moves.assign(before=moves["before"].fillna(UNKNOWN))
    left = _boxes(data.groupby("before")["customers"].sum())
    right = _boxes(data.groupby("after")["customers"].sum())
    base = alt.Chart(pd.DataFrame(_bands(data, day, left, right)))
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.24, 1.24], nice=False))
    y_scale = alt.Scale(domain=[-0.07, 1.0], nice=False, reverse=True)
    bands = base.mark_area(opacity=0.42, interpolate="linear", cursor="pointer").encode(
        x=x,
        y=alt.Y("top:Q", axis=None, scale=y_scale),
        y2="bottom:Q",
        detail="band:N",
        color=alt.Color("colour:N", scale=None),
        tooltip=[
            alt.Tooltip("from:N", title=t("flow.from")),
            alt.Tooltip("to:N", title=t("flow.to")),
            alt.Tooltip("customers:Q", title=t("word.customers"), format=","),
        ],
    )
    bands = bands.add_params(picking())
    boxes = pd.DataFrame(_box_rows(left, 0.0 - _BOX, "right", -0.008) + _box_rows(right, 1.0, "left", 0.008))
    drawn = (
        alt.Chart(boxes)
        .mark_rect(cornerRadius=3)
        .encode(
            x="x:Q", x2="x2:Q", y=alt.Y("top:Q", scale=y_scale), y2="bottom:Q", color=alt.Color("colour:N", scale=None)
        )
    )
    layers: list[alt.Chart] = [bands, drawn]
    for align in _SIDES:
        words = alt.Chart(boxes[boxes["align"] == align])
        layers.append(
            words.mark_text(align=align, baseline="middle", fontSize=13, fontWeight=600, color=palette.ink()).encode(
                x="text_x:Q", y=alt.Y("middle:Q", scale=y_scale), text="label:N"
            )
        )
    # outwards like the words below them, so that they do not meet on a phone
    titles = pd.DataFrame([{"x": 0.0, "text": left_title}, {"x": 1.0, "text": right_title}])
    layers.append(
        alt.Chart(titles)
        .mark_text(fontSize=11, color=palette.muted(), align=alt.ExprRef("datum.x < 0.5 ? 'right' : 'left'"))
        .encode(x="x:Q", y=alt.datum(-0.045, scale=y_scale), text="text:N")
    )
    return styled(alt.LayerChart(layer=layers), height)


def _boxes(totals: pd.Series) -> dict[str, tuple[float, float, int]]:
    """Top, bottom (0 to 1) and number of each stage's box, stages in their usual order."""
    order = [UNKNOWN, *palette.STAGES]
    codes = sorted(totals.index, key=lambda code: order.index(code) if code in order else len(order))
    room = 1.0 - _GAP * (len(codes) - 1)
    boxes, top = {}, 0.0
    for code in codes:
        size = room * float(totals[code]) / float(totals.sum())
        boxes[str(code)] = (top, top + size, int(totals[code]))
        top += size + _GAP
    return boxes


def _bands(
    moves: pd.DataFrame,
    day: date,
    left: dict[str, tuple[float, float, int]],
    right: dict[str, tuple[float, float, int]],
) -> list[dict[str, object]]:
    """Points along each band, top and bottom edge as S-curves."""
    used_left = {code: top for code, (top, _, _) in left.items()}
    used_right = {code: top for code, (top, _, _) in right.items()}
    points: list[dict[str, object]] = []
    places = {code: place for place, code in enumerate(right)}
    for before in left:
        mine = moves[moves["before"] == before]
        for row in sorted(mine.itertuples(), key=lambda move: places[move.after]):
            height_left = (left[before][1] - left[before][0]) * row.customers / left[before][2]
            height_right = (right[row.after][1] - right[row.after][0]) * row.customers / right[row.after][2]
            start, end = used_left[before], used_right[row.after]
            used_left[before] += height_left
            used_right[row.after] += height_right
            for step in range(_STEPS + 1):
                along = step / _STEPS
                bend = (1 - math.cos(math.pi * along)) / 2
                top = start + (end - start) * bend
                points.append(
                    {
                        "band": f"{before}>{row.after}",
                        "which": f"{'' if before == UNKNOWN else before}.{row.after}.{day}",
                        "x": along,
                        "top": top,
                        "bottom": top + height_left + (height_right - height_left) * bend,
                        "from": term("stage", before),
                        "to": term("stage", row.after),
                        "customers": row.customers,
                        "colour": palette.STAGES.get(before, palette.GREY),
                    }
                )
    return points


def _box_rows(
    boxes: dict[str, tuple[float, float, int]], x: float, align: str, shift: float
) -> list[dict[str, object]]:
    return [
        {
            "x": x,
            "x2": x + _BOX,
            "top": top,
            "bottom": bottom,
            "middle": (top + bottom) / 2,
            "text_x": x + shift if align == "right" else x + _BOX + shift,
            "align": align,
            "label": f"{term('stage', code)}  {number(count)}",
            "colour": palette.STAGES.get(code, palette.GREY),
        }
        for code, (top, bottom, count) in boxes.items()
    ]
