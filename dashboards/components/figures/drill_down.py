"""The way from a figure to the customers behind it: one click on the figure, its bar, its line in a legend."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards.components.charts.base import Spec
from dashboards.components.empty_states import empty
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.html import Bar, Link
from dashboards.components.i18n import language, number, t
from dashboards.navigation import MEMBERS_PAGE
from dashboards.queries import figures
from serving.figures.filters import DIMENSIONS, Dimension


def query(figure: str, chosen: Chosen, which: str = "", **more: str) -> dict[str, str]:
    """What the address of the members says: the filters that the figure followed, no others.

    Args:
        figure: a key of `FIGURES`.
        chosen: the filters.
        which: the stage, segment … where there are several of its kind.
        **more: filters that the figure has of its own, such as the days of a bar.
    """
    known = chosen.in_address(figures.FIGURES[figure].knows)
    found = {"of": figure, "which": which, **known, **more}
    return {name: value for name, value in found.items() if value}


def link(label: str, figure: str, chosen: Chosen, which: str = "", **more: str) -> None:
    """A line that leads to the members; see `query`."""
    st.page_link(MEMBERS_PAGE, label=label, icon=":material/groups:", query_params=query(figure, chosen, which, **more))


def target(figure: str, chosen: Chosen, which: str = "", **more: str) -> str:
    """The address of the members for a piece of HTML; see `query`."""
    return f"members?{urlencode(query(figure, chosen, which, **more) | {'lang': language()})}"


def cell(shown: str | Bar, amount: int, figure: str, chosen: Chosen, which: str = "") -> Link | str | Bar:
    """A cell of a table that leads to the members; as it is where the figure has none.

    Args:
        shown: the figure, or the share that it makes.
        amount: the figure: how many customers or messages.
        figure: a key of `FIGURES`.
        chosen: the filters.
        which: the stage, segment … where there are several of its kind.
    """
    if not amount:
        return shown
    said = counted(figure, amount)
    return Link(shown, "members", query(figure, chosen, which) | {"lang": language()}, said)


def counted(figure: str, amount: int) -> str:
    """A figure with what it counts: customers, or messages."""
    return t(f"drill.{figures.FIGURES[figure].counts}", count=number(amount))


def chart(drawn: Spec | None, description: str, key: str, figure: str, chosen: Chosen) -> None:
    """Draw a chart whose parts lead to their members; a part's field `which` says which one it is.

    Args:
        drawn: what a function of `components.charts` returned, made with `which`.
        description: for screen readers.
        key: unique on the page.
        figure: a key of `FIGURES`.
        chosen: the filters.
    """
    if (which := picked(drawn, description, key)) is not None:
        st.switch_page(MEMBERS_PAGE, query_params=query(figure, chosen, which))


def chart_of_no_members(drawn: Spec, description: str, key: str) -> None:
    """Draw a chart behind whose parts no customers of today stand, such as months of a share, or a judgement."""
    st.vega_lite_chart(spec=drawn, theme=None, alt=description, key=key)


def picked(drawn: Spec | None, description: str, key: str) -> str | None:
    """Draw a chart and say which part of it was clicked."""
    if drawn is None:
        empty(t("state.no_rows"))
        return None
    event: Any = st.vega_lite_chart(spec=drawn, theme=None, alt=description, on_select="rerun", key=key)
    parts = event.selection.get("picked") or []
    return str(parts[0]["which"]) if parts and parts[0].get("which") else None


def cannot_follow(figure: str, chosen: Chosen) -> str:
    """What to say of a figure that cannot follow the filters in use; empty where it can."""
    return not_by(figures.unknown_to(figure, chosen.used))


def not_by(unknown: list[Dimension]) -> str:
    """What to say of a figure that nobody knows by the named filters."""
    return _listed("filters.unknown", unknown) if unknown else ""


def _listed(text: str, names: list[Dimension]) -> str:
    return t(text, names=t("word.and").join(t(f"filters.{name}") for name in names))


def not_narrowed(chosen: Chosen, by: frozenset[Dimension]) -> None:
    """Say which filters in use a card does not follow, where it shows its figures all the same."""
    names = [name for name in DIMENSIONS if name in chosen.used - by]
    if names:
        said = t("filters.as_of_now" if by else "filters.not_followed")
        st.caption(f":material/filter_alt_off: {said}{_listed('filters.unfiltered', names)}")
