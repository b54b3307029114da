"""Charts of parts: a ring, stacked bars of shares, bars, a treemap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, fitting, picking, styled, text_width
from dashboards.components.i18n import compact, number, percent


def ring(parts: Sequence[tuple[str, float, str]], title: str, middle: str, which: Sequence[str] = ()) -> Spec | None:
    """A ring of (name, value, colour) with the total written in the middle.

    Args:
        parts: in the order to draw, clockwise from the top.
        title: the name of the measure.
        middle: what stands below the total.
        which: what a click on each part says; empty: nothing is clicked.
    """
    total = sum(value for _, value, _ in parts)
    if not total:
        return None
    data = pd.DataFrame(parts, columns=["name", "value", "colour"])
    data["share"] = (data["value"] / total).map(percent)
    data["place"] = range(len(data))
    data["which"] = which or None
    arcs = (
        alt.Chart(data)
        .mark_arc(innerRadius=62, outerRadius=94, padAngle=0.012, cornerRadius=3)
        .encode(
            theta=alt.Theta("value:Q", stack=True),
            order="place:Q",
            color=alt.Color("colour:N", scale=None),
            tooltip=[
                alt.Tooltip("name:N", title="·"),
                alt.Tooltip("value:Q", title=title, format=","),
                alt.Tooltip("share:N", title="%"),
            ],
        )
    )
    arcs = _clickable(arcs, which)
    words = pd.DataFrame({"text": [compact(total)]})
    figure = alt.Chart(words).mark_text(fontSize=24, fontWeight=600, color=palette.ink(), dy=-6).encode(text="text:N")
    below = alt.Chart(words).mark_text(fontSize=12, color=palette.muted(), dy=17).encode(text=alt.value(middle))
    return styled(arcs + figure + below, 216)


def share_bars(lines: pd.DataFrame, colours: dict[str, str], height: int = 120) -> Spec | None:
    """Horizontal bars of 100 %, one a line, with the share written into each part that has room for it.

    Args:
        lines: line, part (both names in the reader's language), value; parts in drawing order.
        colours: colour by part name, in drawing order.
        height: in pixels.

    A column `which` of the lines is what a click on a part says.
    """
    if lines.empty or not lines["value"].sum():
        return None
    data = lines.copy()
    data["share"] = data["value"] / data.groupby("line")["value"].transform("sum").where(lambda total: total > 0, 1)
    data["end"] = data.groupby("line")["share"].cumsum()
    data["start"] = data["end"] - data["share"]
    data["middle"] = (data["start"] + data["end"]) / 2
    data["text"] = [f"{row.part} {percent(row.share, 0)}" for row in data.itertuples()]
    data["text_width"] = data["text"].map(text_width)
    data["percent"] = data["share"].map(percent)
    order = list(dict.fromkeys(data["line"]))
    data["ink"] = data["part"].map({name: palette.ink_on(colour) for name, colour in colours.items()})
    y = alt.Y("line:N", sort=order, axis=alt.Axis(title=None, domain=False, ticks=False, labelColor=palette.ink()))
    bars = (
        alt.Chart(data)
        .mark_bar(height={"band": 0.62}, stroke=palette.card(), strokeWidth=1.5)
        .encode(
            x=alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
            x2="end:Q",
            y=y,
            color=alt.Color("part:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None),
            tooltip=[
                alt.Tooltip("line:N", title=" "),
                alt.Tooltip("part:N", title="·"),
                alt.Tooltip("percent:N", title="%"),
            ],
        )
    )
    bars = _clickable(bars, "which" in data)
    texts = (
        alt.Chart(data)
        .transform_calculate(shown=fitting("text", "datum.share * width", padding=8))
        .mark_text(fontSize=12, fontWeight=500)
        .encode(x="middle:Q", y=y, text="shown:N", color=alt.Color("ink:N", scale=None))
    )
    return styled(bars + texts, height)


def bars(
    items: Sequence[tuple[str, float, str]], title: str, which: Sequence[str] = (), customers: Sequence[int] = ()
) -> Spec | None:
    """Horizontal bars of (name, value, colour), each with its figure behind it, in the given order; see `ring`.

    Args:
        items: the bars.
        title: what the values are, in the reader's language.
        which: what a click on each says.
        customers: how many customers stand behind each, where the values are of something else.
    """
    if not items or not sum(value for _, value, _ in items):
        return None
    data = pd.DataFrame(items, columns=["name", "value", "colour"])
    data["text"] = data["value"].map(number)
    data["which"] = which or None
    if customers:
        data["customers"] = list(customers)
    y = alt.Y(
        "name:N",
        sort=list(data["name"]),
        axis=alt.Axis(title=None, domain=False, ticks=False, labelColor=palette.ink(), labelLimit=220),
    )
    # room for the figure behind the longest bar, however narrow the reader's screen is
    room = 14 + max(map(text_width, data["text"]))
    longest = alt.ExprRef(f"{float(data['value'].max())} * width / max(width - {room}, 20)")
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=longest, nice=False))
    drawn = (
        alt.Chart(data)
        .mark_bar(height={"band": 0.6}, cornerRadiusEnd=4)
        .encode(
            x=x,
            y=y,
            color=alt.Color("colour:N", scale=None),
            tooltip=[alt.Tooltip("name:N", title="·"), alt.Tooltip("value:Q", title=title, format=",")],
        )
    )
    drawn = _clickable(drawn, which)
    texts = (
        alt.Chart(data)
        .mark_text(align="left", dx=6, color=palette.muted(), fontSize=12)
        .encode(x=x, y=y, text="text:N")
    )
    return styled(drawn + texts, 34 * len(data) + 10)


@dataclass(frozen=True)
class Leaf:
    """One rectangle of a treemap: name, size, two lines below the name, colour, and what a click on it says."""

    name: str
    value: float
    lines: tuple[str, str]
    colour: str
    which: str = ""


def treemap(leaves: Sequence[Leaf], title: str, height: int = 330, aspect: float = 2.1) -> Spec | None:
    """Rectangles with areas in proportion to their values, squarified; texts only where they fit.

    Args:
        leaves: any order; those without value are left out.
        title: the name of the measure.
        height: in pixels.
        aspect: expected width / height on the screen, so that the rectangles come out near to squares.
    """
    kept = sorted((leaf for leaf in leaves if leaf.value > 0), key=lambda leaf: -leaf.value)
    if not kept:
        return None
    total = sum(leaf.value for leaf in kept)
    boxes = _squarify([leaf.value / total * aspect for leaf in kept], 0.0, 0.0, aspect, 1.0)
    data = pd.DataFrame(_leaf_row(leaf, box, height) for leaf, box in zip(kept, boxes, strict=True))
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, aspect], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False, reverse=True))
    base = alt.Chart(data)
    rectangles = base.mark_rect(stroke=palette.card(), strokeWidth=3, cornerRadius=6).encode(
        x=x,
        x2="x2:Q",
        y=y,
        y2="y2:Q",
        color=alt.Color("colour:N", scale=None),
        tooltip=[
            alt.Tooltip("name:N", title="·"),
            alt.Tooltip("value:Q", title=title, format=","),
            alt.Tooltip("line_1:N", title=" "),
            alt.Tooltip("line_2:N", title="  "),
        ],
    )
    layers = [_clickable(rectangles, any(leaf.which for leaf in kept))]
    room = f"(datum.x2 - datum.x) / {aspect} * width"
    for place in range(3):
        text = base.mark_text(
            align="left",
            baseline="top",
            dx=12,
            dy=12 + 20 * place,
            fontSize=12 if place else 13,
            fontWeight=400 if place else 600,
            clip=True,
        )
        shown = text.transform_calculate(shown=fitting(f"text_{place}", room))
        layers.append(shown.encode(x=x, y=y, text="shown:N", color=alt.Color("ink:N", scale=None)))
    layers.append(_name_in_two_lines(base, room).encode(x=x, y=y, text="shown:N", color=alt.Color("ink:N", scale=None)))
    return styled(alt.LayerChart(layer=layers), height)


def _name_in_two_lines(base: alt.Chart, room: str) -> alt.Chart:
    """The names that are too wide for one line of their box, broken at a space."""
    text = base.mark_text(
        align="left", baseline="top", dx=12, dy=12, fontSize=13, fontWeight=600, lineHeight=18, clip=True
    )
    broken = f"{room} < datum.text_0_width + 20 && {room} >= datum.broken_width + 20"
    return text.transform_calculate(shown=f"{broken} ? [datum.broken_0, datum.broken_1] : ''")


def _broken(name: str) -> tuple[str, str]:
    """A name broken at the space nearest to its middle; the second part is empty where it has none."""
    places = [place for place, letter in enumerate(name) if letter == " "]
    middle = min(places, key=lambda place: abs(place - len(name) / 2), default=len(name))
    return name[:middle], name[middle + 1 :]


def _clickable(drawn: alt.Chart, wanted: object) -> alt.Chart:
    """A chart whose marks may be clicked, where that is wanted."""
    if not wanted:
        return drawn
    clickable = drawn.add_params(picking())
    clickable.mark = {**clickable.mark.to_dict(), "cursor": "pointer"}
    return clickable


def _leaf_row(leaf: Leaf, box: tuple[float, float, float, float], height: int) -> dict[str, object]:
    """One row of the treemap's data; a text that its box is too low for is left to the tooltip."""
    x, y, w, h = box
    texts = [text if h * height >= 36 + 20 * place else "" for place, text in enumerate((leaf.name, *leaf.lines))]
    broken = _broken(leaf.name) if h * height >= 54 else (leaf.name, "")
    return {
        "name": leaf.name,
        "broken_0": broken[0],
        "broken_1": broken[1],
        "broken_width": max(map(text_width, broken)),
        "value": leaf.value,
        "line_1": leaf.lines[0],
        "line_2": leaf.lines[1],
        "colour": leaf.colour,
        "which": leaf.which,
        "ink": palette.ink_on(leaf.colour),
        "x": x,
        "x2": x + w,
        "y": y,
        "y2": y + h,
        **{f"text_{place}": text for place, text in enumerate(texts)},
        # The lines below appear with the name or not at all.
        **{f"text_{place}_width": max(map(text_width, texts[: place + 1])) for place in range(len(texts))},
    }


def _squarify(areas: list[float], x: float, y: float, w: float, h: float) -> list[tuple[float, float, float, float]]:
    """Boxes (x, y, width, height) of the given descending areas in a w × h rectangle of the same total area."""
    if not areas:
        return []
    side = min(w, h)
    taken = 1
    while taken < len(areas) and _worst(areas[: taken + 1], side) <= _worst(areas[:taken], side):
        taken += 1
    row, rest = areas[:taken], areas[taken:]
    thickness = sum(row) / side if side else 0.0
    boxes, offset = [], 0.0
    for area in row:
        length = area / thickness if thickness else 0.0
        boxes.append((x, y + offset, thickness, length) if w >= h else (x + offset, y, length, thickness))
        offset += length
    if w >= h:
        return boxes + _squarify(rest, x + thickness, y, w - thickness, h)
    return boxes + _squarify(rest, x, y + thickness, w, h - thickness)


def _worst(row: list[float], side: float) -> float:
    """The worst ratio of the sides in a row of boxes laid along `side`."""
    total = sum(row)
    if not total or not side:
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))
