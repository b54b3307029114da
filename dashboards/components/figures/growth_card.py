"""The card that shows how one measure went over time, its bars leading to their members."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from dashboards.components import address, cards, empty_states
from dashboards.components.charts import trend
from dashboards.components.figures import drill_down
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.i18n import t, term
from dashboards.components.money import with_currency
from dashboards.navigation import MEMBERS_PAGE
from dashboards.queries import figures
from serving.figures.filters import Filters

SPANS = {"weeks_26": (182, "week"), "months_12": (365, "month"), "months_24": (730, "month")}


def draw(chosen: Chosen, as_of: date) -> None:
    """Draw the card.

    Args:
        chosen: the filters.
        as_of: the last day that there are figures of.
    """
    with cards.card("growth", t("growth.title"), t("growth.note")):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            measure = address.tabs(
                t("growth.measure"),
                figures.MEASURES,
                key="growth_measure",
                default="new_customers",
                words=lambda code: term("measure", code),
            )
            days, grain = (chosen.filters, _grain(chosen.filters)) if chosen.period else _span(chosen.filters, as_of)
        if unknown := sorted(chosen.used - figures.measure_knows(measure)):
            empty_states.empty(t("drill.unknown"), drill_down.not_by(unknown))
            return
        drawn = trend.growth(figures.trend(days, measure, grain), _measure(measure), grain)
        if bar := drill_down.picked(drawn, t("growth.title"), f"growth_{measure}"):
            since, until = bar.split(".")
            more = {"period": "range", "from": since, "to": until}
            st.switch_page(
                MEMBERS_PAGE,
                query_params=drill_down.query(figures.FIGURE_BEHIND[measure], chosen, **more),
            )


def _span(filters: Filters, as_of: date) -> tuple[Filters, str]:
    """The days of the growth chart where no period was chosen, from the first whole week or month on."""
    span = address.tabs(
        t("growth.span"), list(SPANS), key="growth_span", default="months_12", words=lambda code: term("span", code)
    )
    days, grain = SPANS[span]
    since = as_of - timedelta(days=days - 1)
    if grain == "week":
        since += timedelta(days=-since.weekday() % 7)
    elif since.day > 1:
        since = (since.replace(day=28) + timedelta(days=4)).replace(day=1)
    return replace(filters, since=since, until=as_of), grain


def _grain(filters: Filters) -> str:
    """How wide the bars of a chosen period are."""
    days = (filters.until - filters.since).days + 1
    return "day" if days <= 31 else "week" if days <= 190 else "month"


def _measure(code: str) -> str:
    """What a measure is called; of an amount with its currency."""
    return with_currency(term("measure", code)) if code == "net_revenue" else term("measure", code)
