"""总览: how many customers there are, how they grow and differ, what campaigns did, and whether the data is good."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components import address, cards, data_health, empty_states, key_figures, palette
from dashboards.components.charts import mix, trend
from dashboards.components.html import Bar, Signed, table
from dashboards.components.i18n import day, is_chinese, moment, number, percent, t, term
from dashboards.components.money import compact_money, with_currency
from dashboards.queries import overview, published_copy, rules

PAGE = {"title": "page.overview", "icon": ":material/monitoring:", "order": 10}

SPANS = {"weeks_26": (182, "week"), "months_12": (365, "month"), "months_24": (730, "month")}


def main() -> None:
    """Draw the page."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.overview"), t("overview.subtitle", as_of=day(as_of)))
    with empty_states.guarded_card():
        key_figures.draw(as_of)
    left, right = st.columns([2, 1])
    with left:
        _growth(as_of)
    with right:
        data_health.draw()
    left, right = st.columns([1, 2])
    with left:
        _stages()
    with right:
        _rfm()
    left, right = st.columns(2)
    with left:
        _value()
        _tiers()
    with right:
        _decisions()
    _campaigns()
    _arrivals()


def _growth(as_of: date) -> None:
    with cards.card("growth", t("growth.title"), t("growth.note")):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            chosen = address.choice(
                st.segmented_control,
                t("growth.measure"),
                overview.MEASURES,
                key="growth_measure",
                default="new_customers",
                format_func=lambda code: term("measure", code),
                required=True,
                label_visibility="collapsed",
            )
            span = address.choice(
                st.segmented_control,
                t("growth.span"),
                list(SPANS),
                key="growth_span",
                default="months_12",
                format_func=lambda code: term("span", code),
                required=True,
                label_visibility="collapsed",
            )
        days, grain = SPANS[span]
        periods = overview.growth(as_of, days, grain)
        cards.chart(trend.growth(periods, chosen, _measure(chosen), grain), t("growth.title"))


def _measure(code: str) -> str:
    """What a measure is called; of an amount with its currency."""
    return with_currency(term("measure", code)) if code == "net_revenue" else term("measure", code)


def _stages() -> None:
    with cards.card("stages", t("stages.title"), t("stages.note")):
        found = overview.stages()
        counts = dict(zip(found["stage"], found["customers"], strict=True))
        order = [code for code in palette.STAGES if code in counts] + sorted(set(counts) - set(palette.STAGES))
        parts = [(term("stage", code), float(counts[code]), palette.STAGES.get(code, palette.GREY)) for code in order]
        total = sum(value for _, value, _ in parts)
        cards.chart(mix.ring(parts, t("word.customers"), t("word.customers")), t("stages.title"))
        if total:
            cards.legend(
                (name, f"{number(value)} · {percent(value / total, 0)}", colour) for name, value, colour in parts
            )


def _rfm() -> None:
    with cards.card("rfm", t("rfm.title"), t("rfm.note")):
        found = overview.rfm_segments()
        total, money = found["customers"].sum(), found["monetary"].sum()
        leaves = [
            mix.Leaf(
                name=row.segment_8_zh if is_chinese() else term("rfm8", row.segment_8),
                value=float(row.customers),
                lines=(
                    t("rfm.leaf.customers", count=number(row.customers), share=percent(row.customers / total, 0)),
                    t("rfm.leaf.revenue", share=percent(row.monetary / money if money else None, 0)),
                ),
                colour=palette.RFM[(bool(row.is_r_high), bool(row.is_f_high), bool(row.is_m_high))],
            )
            for row in found.itertuples()
        ]
        cards.chart(mix.treemap(leaves, t("word.customers"), height=330, aspect=2.1), t("rfm.title"))
        if total:  # every name, for the rectangles that are too small for theirs
            cards.legend((leaf.name, leaf.lines[0], leaf.colour) for leaf in leaves)


def _value() -> None:
    with cards.card("value", t("abc.title"), t("abc.note")):
        found = overview.value_classes()
        lines = pd.DataFrame(
            [
                {"line": line, "part": row.abc_class, "value": float(getattr(row, column) or 0)}
                for line, column in ((t("abc.customers"), "customers"), (t("abc.revenue"), "revenue_share"))
                for row in found.itertuples()
            ],
            columns=["line", "part", "value"],
        )
        cards.chart(mix.share_bars(lines, palette.ABC), t("abc.title"))


def _tiers() -> None:
    with cards.card("tiers", t("tiers.title"), t("tiers.note")):
        found = overview.tiers()
        colours = {term("loyalty", code): colour for code, colour in palette.LOYALTY.items()}
        lines = pd.DataFrame(
            [
                {"line": term("value_tier", tier), "part": term("loyalty", code), "value": float(count)}
                for tier in ("high", "ordinary")
                for code in palette.LOYALTY
                for count in [found.loc[(found.value_tier == tier) & (found.loyalty_tier == code), "customers"].sum()]
            ],
            columns=["line", "part", "value"],
        )
        cards.chart(mix.share_bars(lines, colours), t("tiers.title"))


def _campaigns() -> None:
    with cards.card("campaigns", t("campaigns.title"), t("campaigns.note")):
        found = overview.campaigns()
        if found.empty:
            empty_states.empty(t("results.empty"), t("results.empty.text"))
            return
        columns = (
            "name",
            "channel",
            "planned",
            "sent",
            "delivered",
            "opened",
            "clicked",
            "converted",
            "holdout",
            "uplift",
            "revenue",
        )
        table(
            [t(f"campaigns.{column}") for column in columns],
            [_campaign_line(row) for row in found.itertuples()],
            left=2,
        )


def _campaign_line(row: Any) -> list[Any]:
    sent = float(row.sent)

    def rate(count: float, colour: str) -> Bar:
        share = float(count) / sent if sent else 0.0
        return Bar(percent(share) if sent else "—", share, colour)

    converted = float(row.converted) / sent if sent else None
    control = float(row.holdout_converted) / float(row.holdout_customers) if row.holdout_customers else None
    uplift = None if converted is None or control is None else converted - control
    return [
        row.name_zh if is_chinese() else row.name_en,
        term("channel", row.channel),
        number(row.planned),
        number(sent),
        rate(row.delivered, palette.JADE),
        t("campaigns.unknown") if row.channel in rules.channels_without_opens() else rate(row.opened, palette.SKY),
        rate(row.clicked, palette.VIOLET),
        percent(converted),
        percent(control),
        "—" if uplift is None else Signed(t("campaigns.points", points=f"{uplift * 100:+.1f}"), uplift >= 0),
        compact_money(row.converted_revenue),
    ]


def _decisions() -> None:
    with cards.card("decisions", t("decisions.title"), t("decisions.note")):
        found = overview.decisions()
        items = [
            (term("reason", row.reason), float(row.planned), palette.DECISIONS.get(row.decision, palette.GREY))
            for row in found.itertuples()
        ]
        cards.chart(mix.bars(items, t("word.messages")), t("decisions.title"))
        totals = found.groupby("decision")["planned"].sum()
        cards.legend(
            (term("reason", code), number(totals[code]), colour)
            for code, colour in palette.DECISIONS.items()
            if code in totals
        )


def _arrivals() -> None:
    with cards.card("arrivals", t("arrivals.title"), t("arrivals.note")):
        found = overview.arrivals()
        if found.empty:
            empty_states.empty(t("state.no_rows"))
            return
        table(
            [t(f"arrivals.{name}") for name in ("channel", "loaded", "quarantined", "share", "last")],
            [
                [
                    term("channel", row.channel),
                    number(row.loaded_rows),
                    Signed(number(row.quarantined_rows), False) if row.quarantined_rows else "0",
                    percent(row.quarantined_rows / row.physical_rows if row.physical_rows else None, 2),
                    moment(row.last_loaded_at),
                ]
                for row in found.itertuples()
            ],
        )


main()
