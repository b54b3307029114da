"""Small pieces of HTML for cards; every value from data goes through `escape`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st


def escape(value: Any) -> str:
    """Text that HTML shows as it is."""
    return html.escape(str(value))


def capital(text: str) -> str:
    """A text that begins with a capital letter, as a line of its own does."""
    return text[:1].upper() + text[1:]


def badge(text: str, colour: str = "", off: bool = False) -> str:
    """A pill; greyed when `off`."""
    style = f' style="--c:{escape(colour)}"' if colour else ""
    return f'<span class="gx-badge{" off" if off else ""}"{style}>{escape(text)}</span>'


def badges(items: Iterable[str]) -> None:
    """Draw pills made by `badge` in a row that wraps."""
    st.html(f'<div class="gx-badges">{"".join(items)}</div>')


def facts(pairs: Iterable[tuple[str, Any]]) -> str:
    """A two-column list of names and values; a value may be a `Link`."""
    return (
        '<dl class="gx-facts">'
        + "".join(f"<dt>{escape(name)}</dt><dd>{_cell(value)}</dd>" for name, value in pairs)
        + "</dl>"
    )


@dataclass(frozen=True)
class Bar:
    """A table cell: a text with a small bar of `share` (0 to 1) behind it."""

    text: str
    share: float
    colour: str = "#0E7C66"


@dataclass(frozen=True)
class Signed:
    """A table cell: a text in the colour of good or bad."""

    text: str
    good: bool


@dataclass(frozen=True)
class Pill:
    """A table cell: a badge."""

    text: str
    colour: str


@dataclass(frozen=True)
class Link:
    """A table cell: a way to another page of the app; `title` says more to a mouse that rests on it."""

    text: str | Bar
    page: str
    query: Mapping[str, str]
    title: str = ""


def table(header: Sequence[str], lines: Iterable[Sequence[Any]], left: int = 1, wraps: bool = False) -> None:
    """Draw a table; the first `left` columns are aligned left, the others right as numbers are.

    Args:
        header: names of the columns.
        lines: their cells: texts, `Bar`, `Signed`, `Pill`, `Link`.
        left: how many columns are aligned left.
        wraps: cells go over several lines, rather than the table being moved sideways on a narrow screen.
    """
    look = "gx-table gx-wraps" if wraps else "gx-table"
    side = [' class="l"' if place < left else "" for place in range(len(header))]
    head = "".join(f"<th{side[place]}>{escape(name)}</th>" for place, name in enumerate(header))
    body = "".join(
        "<tr>" + "".join(f"<td{side[place]}>{_cell(cell)}</td>" for place, cell in enumerate(line)) + "</tr>"
        for line in lines
    )
    st.html(
        f'<div class="gx-scroll"><table class="{look}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Any) -> str:
    if isinstance(cell, Bar):
        width = max(0.0, min(1.0, cell.share)) * 100
        return (
            f'{escape(cell.text)}<span class="gx-bar" style="--c:{escape(cell.colour)}">'
            f'<i style="width:{width:.1f}%"></i></span>'
        )
    if isinstance(cell, Signed):
        return f'<span class="{"gx-up" if cell.good else "gx-down"}">{escape(cell.text)}</span>'
    if isinstance(cell, Pill):
        return badge(cell.text, cell.colour)
    if isinstance(cell, Link):
        title = f' title="{escape(cell.title)}"' if cell.title else ""
        return f'<a href="{escape(cell.page)}?{escape(urlencode(cell.query))}"{title}>{_cell(cell.text)}</a>'
    return escape(cell)
