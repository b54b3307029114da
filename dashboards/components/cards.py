"""Cards, page heads and tiles: the frame around charts and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from dashboards.components.charts.base import Spec
from dashboards.components.empty_states import empty, guarded_card
from dashboards.components.html import escape
from dashboards.components.i18n import t


def page_head(title: str, subtitle: str) -> None:
    """The title of a page with one line below it."""
    st.html(f'<div class="gx-head"><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></div>')


@contextmanager
def card(key: str, title: str, note: str = "", stretch: bool = True) -> Iterator[None]:
    """A white card with a title and, at its right, a short note.

    Args:
        key: unique on the page; also the card's CSS class `st-key-card_<key>`.
        title: in the reader's language.
        note: in the reader's language.
        stretch: as high as the card beside it; False where cards stand above each other.
    """
    with st.container(border=True, key=f"card_{key}", height="stretch" if stretch else "content"):
        aside = f"<span>{escape(note)}</span>" if note else ""
        st.html(f'<div class="gx-card-title"><h3>{escape(title)}</h3>{aside}</div>')
        with guarded_card():
            yield


def chart(drawn: Spec | None, description: str) -> None:
    """Draw a chart across the card, or a quiet note when there is nothing to draw.

    Args:
        drawn: what a function of `components.charts` returned.
        description: for screen readers.
    """
    if drawn is None:
        empty(t("state.no_rows"))
    else:
        st.vega_lite_chart(spec=drawn, theme=None, alt=description)


@dataclass(frozen=True)
class Tile:
    """A coloured box with a name, a figure, a word beside it and a line below."""

    name: str
    figure: str
    aside: str
    text: str
    colour: str


def tiles(items: Iterable[Tile]) -> None:
    """Draw boxes side by side, wrapping on narrow screens."""
    drawn = "".join(
        f'<div class="gx-tile" style="--c:{escape(item.colour)}"><div class="k">{escape(item.name)}</div>'
        f'<div class="n">{escape(item.figure)}<small>{escape(item.aside)}</small></div><p>{escape(item.text)}</p></div>'
        for item in items
    )
    st.html(f'<div class="gx-tiles">{drawn}</div>')


def legend(items: Iterable[tuple[str, str, str]], targets: Sequence[str] = ()) -> None:
    """Draw a legend of (name, value, colour).

    Args:
        items: in their order.
        targets: the address that each one leads to; empty: none does.
    """
    drawn = []
    for place, (name, value, colour) in enumerate(items):
        inner = f"<i></i>{escape(name)} <b>{escape(value)}</b>"
        if targets:
            inner = f'<a href="{escape(targets[place])}" target="_self">{inner}</a>'
        drawn.append(f'<span style="--c:{escape(colour)}">{inner}</span>')
    st.html(f'<div class="gx-legend">{"".join(drawn)}</div>')


def share_line(name: str, aside: str, share: float, colour: str) -> None:
    """Draw one line of a list: a name, figures at its right, and below both a bar as long as `share` (0 to 1)."""
    st.html(
        f'<div class="gx-share" style="--c:{escape(colour)}"><span>{escape(name)}</span><em>{escape(aside)}</em>'
        f'<i><b style="width:{max(0.0, min(1.0, share)) * 100:.1f}%"></b></i></div>'
    )
