"""The tags of one customer, by family."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from dashboards.components import cards
from dashboards.components.empty_states import empty
from dashboards.components.figures import tag_names
from dashboards.components.html import badge, escape
from dashboards.components.i18n import t
from dashboards.queries.insight import tags


def card(customer_id: str) -> None:
    """Draw the card with what the customer is tagged with today; what is sensitive is left out."""
    with cards.card("tags", t("tags.card"), t("tags.card.note"), stretch=False):
        found = tags.of_customer(customer_id)
        if not found:
            empty(t("tags.card.none"), t("tags.card.none.text"))
            return
        lines = ""
        for family, rows in groupby(found, key=lambda row: tag_names.in_language(row, "family")):
            pills = "".join(badge(tag_names.title(row)) for row in rows)
            lines += f'<dt>{escape(family)}</dt><dd class="gx-badges">{pills}</dd>'
        st.html(f'<dl class="gx-facts">{lines}</dl>')
