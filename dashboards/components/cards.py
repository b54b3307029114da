"""Cards, page heads and tiles: the frame around charts and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from dashboards.components.empty_states import guarded_card
from dashboards.components.html import escape


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


@dataclass(frozen=True)
class Tile:
    """A coloured box: a name and a figure that may lead somewhere, a word beside it and a line below."""

    name: str
    figure: str
    aside: str
    text: str
    colour: str
    target: str = ""


def tiles(items: Iterable[Tile]) -> None:
    """Draw boxes side by side, wrapping on narrow screens."""
    drawn = "".join(
        f'<div class="gx-tile" style="--c:{escape(item.colour)}">'
        f'<div class="k">{_leading(item.name, item.target, item.figure)}</div>'
        f'<div class="n">{_leading(item.figure, item.target)}<small>{escape(item.aside)}</small></div>'
        f"<p>{escape(item.text)}</p></div>"
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
        inner = f"{escape(name)} <b>{escape(value)}</b>"
        if targets:
            inner = f'<a href="{escape(targets[place])}" target="_self">{inner}</a>'
        drawn.append(f'<span style="--c:{escape(colour)}"><i></i>{inner}</span>')
    st.html(f'<div class="gx-legend">{"".join(drawn)}</div>')


def share_line(name: str, aside: str, share: float, colour: str, target: str = "") -> None:
    """Draw one line of a list: a name, figures at its right, and below both a bar as long as `share` (0 to 1).

    Args:
        name: in the reader's language.
        aside: in the reader's language.
        share: from 0 to 1.
        colour: of the bar.
        target: the address that the line leads to.
    """
    st.html(
        f'<div class="gx-share" style="--c:{escape(colour)}"><span>{_leading(name, target, aside)}</span>'
        f"<em>{escape(aside)}</em>"
        f'<i><b style="width:{max(0.0, min(1.0, share)) * 100:.1f}%"></b></i></div>'
    )


def _leading(text: str, target: str, more: str = "") -> str:
    """A text that leads somewhere, where there is somewhere; `more` is said to a mouse that rests on it."""
    title = f' title="{escape(more)}"' if more else ""
    return f'<a href="{escape(target)}" target="_self"{title}>{escape(text)}</a>' if target else escape(text)
