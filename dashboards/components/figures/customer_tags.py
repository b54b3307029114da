"""The tags of one customer, by family."""

from __future__ import annotations

import streamlit as st

from dashboards.components import cards
from dashboards.components.empty_states import empty
from dashboards.components.figures import tag_names
from dashboards.components.html import badge, escape
from dashboards.components.i18n import is_chinese, t
from dashboards.queries.insight import tags


def card(customer_id: str) -> None:
    """Draw the card with what the customer is tagged with today; what is sensitive is left out."""
    with cards.card("tags", t("tags.card"), t("tags.card.note"), stretch=False):
        found = tags.of_customer(customer_id)
        if found.empty:
            empty(t("tags.card.none"), t("tags.card.none.text"))
            return
        family = "family_zh" if is_chinese() else "family_en"
        lines = "".join(
            f'<dt>{escape(name)}</dt><dd class="gx-badges">'
            + "".join(badge(tag_names.title(row)) for row in rows.itertuples())
            + "</dd>"
            for name, rows in found.groupby(family, sort=False)
        )
        st.html(f'<dl class="gx-facts">{lines}</dl>')
