"""成员: the customers behind a figure that was clicked, under the same filters; no page of the menu."""

from __future__ import annotations

import streamlit as st

from dashboards.components import cards, empty_states, member_list
from dashboards.components.figures import drill_down, figure_names, filter_row
from dashboards.components.i18n import day, t
from dashboards.navigation import OVERVIEW_PAGE, SEGMENTS_PAGE
from dashboards.queries import figures, published_copy

PAGE = {"title": "page.members", "icon": ":material/group:", "order": 35, "hidden": True}


def main() -> None:
    """Draw the page: which figure, the filters, and the members."""
    as_of = published_copy.publication().as_of
    figure, which = st.query_params.get("of", ""), st.query_params.get("which", "")
    name = figure_names.name(figure, which)
    title = t("page.members") if name is None else t("drill.title", name=name)
    cards.page_head(title, t("drill.subtitle", as_of=day(as_of)))
    if name is None:
        empty_states.empty(t("drill.nothing"), t("drill.nothing.text"))
        st.page_link(OVERVIEW_PAGE, icon=":material/monitoring:", label=t("page.overview"))
        st.page_link(SEGMENTS_PAGE, icon=":material/groups:", label=t("page.segments"))
        return
    with empty_states.guarded_card():
        chosen = filter_row.draw(as_of)
        if "period" in figures.FIGURES[figure].knows and not chosen.period and figure != "customers":
            st.caption(chosen.days())
        if said := drill_down.cannot_follow(figure, chosen):
            empty_states.empty(t("drill.unknown"), said)
            return
        counted = ""
        if figures.FIGURES[figure].counts != "customers":
            counted = drill_down.counted(figure, figures.amount(figure, chosen.filters, which))
        member_list.draw(figures.audience(figure, chosen.filters, which), name, counted)


main()
