"""The list of an audience's members, masked, with click-through to the customer and a download of all of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.components import cards, member_export
from dashboards.components.empty_states import empty
from dashboards.components.figures import member_pages
from dashboards.components.html import escape
from dashboards.components.i18n import NOTHING, is_chinese, number, t, term
from dashboards.components.money import with_currency
from dashboards.navigation import open_customer
from dashboards.queries import segments


def draw(audience: segments.Audience, name: str, counted: str = "") -> None:
    """Draw the card.

    Args:
        audience: whose members.
        name: its name in the reader's language.
        counted: what there is of them, in the reader's language, where that is more than they are: messages.
    """
    with cards.card("members", t("members.title", name=name), t("members.note")):
        total = segments.count(audience)
        if not total:
            empty(t("members.empty"), t("members.empty.text"))
            return
        page, pages = member_pages.chosen(audience.key, total)
        found = segments.members(audience, skip=(page - 1) * segments.MEMBERS_SHOWN)
        left, right = st.columns([3, 1], vertical_alignment="center")
        said = t("members.count", total=number(total)) + (member_pages.shown(page, total) if pages > 1 else "")
        left.caption(" · ".join(filter(None, (counted, said))))
        with right.container(horizontal_alignment="right"):
            member_export.button(lambda: segments.every_member(audience, None), audience.key)
        people(found, audience.key)
        member_pages.draw(audience.key, page, pages)


def people(found: pd.DataFrame, key: str) -> None:
    """Draw a list of customers; a click on an id opens the customer.

    Args:
        found: one row a customer with `_COLUMNS` and segment_8, segment_8_zh; last_seen_at where that is known.
        key: unique on the page.
    """
    shown = found.assign(
        phone_mask=member_export.four_digits(found["phone_mask"]),
        net_revenue=found["net_revenue"].astype(float).round(0),
        stage=found["stage"].map(lambda code: term("stage", code)),
        segment=found["segment_8_zh"].fillna(NOTHING)
        if is_chinese()
        else found["segment_8"].map(lambda code: term("rfm8", code)),
    )[[*_COLUMNS, *(["last_seen_at"] if "last_seen_at" in found else [])]]
    st.html(f'<p class="gx-phone">{escape(t("members.sideways"))}</p>')
    # A cell that is selected would not do: a click on a header sorts the rows and selects one of them.
    opened = f"open_{key}"
    st.dataframe(
        shown,
        column_config={
            "customer_id": st.column_config.ButtonColumn(
                t("members.customer_id"), width=180, alignment="left", type="tertiary", key=opened
            ),
            "name_mask": t("members.name"),
            "phone_mask": t("members.phone"),
            "city": t("members.city"),
            "stage": t("members.stage"),
            "segment": t("members.segment"),
            "abc_class": st.column_config.TextColumn(t("members.abc"), width="small"),
            "value_score": st.column_config.ProgressColumn(
                t("members.score"), min_value=0, max_value=100, format="%.0f"
            ),
            "orders_count": st.column_config.NumberColumn(t("members.orders"), format="localized"),
            "net_revenue": st.column_config.NumberColumn(with_currency(t("members.revenue")), format="localized"),
            "last_purchase_at": st.column_config.DateColumn(t("members.last_purchase"), format="YYYY-MM-DD"),
            "last_seen_at": st.column_config.DatetimeColumn(t("members.last_seen"), format="YYYY-MM-DD HH:mm"),
        },
        hide_index=True,
        height="content" if len(shown) <= _WHOLE else 460,
        placeholder=NOTHING,
        key=f"people_{key}",
    )
    if click := st.session_state.get(opened):
        open_customer(str(click["label"]))


_WHOLE = 12
_COLUMNS = (
    "customer_id",
    "name_mask",
    "phone_mask",
    "city",
    "stage",
    "segment",
    "abc_class",
    "value_score",
    "orders_count",
    "net_revenue",
    "last_purchase_at",
)
