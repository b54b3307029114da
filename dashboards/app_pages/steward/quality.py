"""数据质量: is data good and fresh, what is in quarantine or held, whose the sales are, how far people are merged."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.components import cards, data_health, empty_states, html, palette, refusals
from dashboards.components.i18n import day, language, number, percent, t, term
from dashboards.components.money import compact_money
from dashboards.components.stewardship import loads_cards
from dashboards.queries import loads, messages, published_copy, quality
from stores.errors import UserError

PAGE = {"title": "page.quality", "icon": ":material/verified:", "order": 60}


def main() -> None:
    """Draw the page."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.quality"), t("quality.subtitle", as_of=day(as_of)))
    left, right = st.columns([2, 3])
    with left:
        data_health.draw()
    with right, cards.card("held", t("held.title"), t("held.note")):
        _held(quality.held_rows())
    loads.read_ahead()
    loads_cards.freshness()
    loads_cards.quarantine()
    with cards.card("totals", t("totals.title"), t("totals.note"), stretch=False):
        _totals(quality.order_totals())
    left, right = st.columns(2)
    with left, cards.card("spread", t("spread.title"), t("spread.note")):
        _spread(quality.identity_spread())
    with right, cards.card("unsent", t("unsent.title"), t("unsent.note")):
        _unsent()


def _held(found: pd.DataFrame) -> None:
    """The rows that are in no total: by channel and what they are, and each reason and value below."""
    if found.empty:
        empty_states.empty(t("held.none"), t("held.none.text"))
        return
    for (channel, concept), rows in found.groupby(["channel", "concept"], sort=False):
        share = rows["channel_held_share"].iloc[0]
        aside = t("held.rows", count=number(rows["held_rows"].sum()))
        if not pd.isna(share):
            aside = f"{aside} · {percent(float(share), 1)}"
        name = f"{term('channel', channel)} · {term('held_concept', concept)}"
        cards.share_line(name, aside, 0.0 if pd.isna(share) else float(share), palette.AMBER)
        st.html(
            html.facts(
                (
                    term("held_reason", row.reason) + ("" if pd.isna(row.value) else t("word.value", value=row.value)),
                    number(row.held_rows),
                )
                for row in rows.itertuples()
            )
        )
    st.caption(t("held.release"))


def _totals(found: pd.DataFrame) -> None:
    """Paid orders and revenue of each channel by whose they are."""
    if found.empty:
        empty_states.empty(t("state.no_rows"))
        return
    owners = ("customer", "anonymous", "test")
    header = [t("held.channel"), *(term("totals_sales", owner) for owner in owners), t("totals.held")]
    header += [term("totals_revenue", owner) for owner in owners]
    html.table(
        header,
        (
            (
                term("channel", row["channel"]),
                *(number(row[f"{owner}_sales"]) for owner in owners),
                number(row["held_orders"]),
                *(compact_money(row[f"{owner}_revenue"]) for owner in owners),
            )
            for row in found.to_dict("records")
        ),
    )


def _spread(found: pd.DataFrame) -> None:
    """Each measure of merging against its bound, and the customers to look at first where it is over."""
    if found.empty:
        empty_states.empty(t("state.no_rows"))
        return
    for row in found.itertuples():
        is_share = str(row.measure).endswith("_share")
        value, bound = (percent(each, 1) if is_share else number(each) for each in (float(row.value), float(row.bound)))
        colour = palette.JADE if row.is_within else palette.CORAL
        used = float(row.value) / float(row.bound) if row.bound else 0.0
        cards.share_line(term("measure", row.measure), t("spread.of", value=value, bound=bound), used, colour)
        if not row.is_within:
            st.caption(t("spread.first", customers=row.largest_customers))


def _unsent() -> None:
    """The messages of the last weeks that wait or will not be sent, by state and reason."""
    try:
        found = messages.unsent()
    except UserError as unusable:
        empty_states.empty(t("unsent.lost"), refusals.in_words(str(unusable)))
        return
    if not found:
        empty_states.empty(t("unsent.none"), t("unsent.none.text"))
        return
    total = sum(row.messages for row in found)
    for row in found:
        reason = row.reason_in(language())
        name = f"{row.state_in(language())} · {reason}" if reason else row.state_in(language())
        cards.share_line(name, number(row.messages), row.messages / total, palette.GREY)


main()
