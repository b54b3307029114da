"""总览: how many customers there are, how they grow and differ, what campaigns did, and whether the data is good."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from dashboards.components import cards, data_health, empty_states, palette
from dashboards.components.charts import mix
from dashboards.components.figures import (
    drill_down,
    filter_row,
    growth_card,
    history_cards,
    key_figures,
    outcome_tables,
)
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.i18n import day, is_chinese, number, percent, t, term
from dashboards.queries import overview, published_copy
from serving.figures.filters import Dimension

PAGE = {"title": "page.overview", "icon": ":material/monitoring:", "order": 10, "prepared": True}

NOW: frozenset[Dimension] = frozenset({"channel", "store"})


def main() -> None:
    """Draw the page."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.overview"), t("overview.subtitle", as_of=day(as_of)))
    with empty_states.guarded_card():
        chosen = filter_row.draw(as_of)
        key_figures.draw(chosen, as_of)
        _below(chosen, as_of)


def _below(chosen: Chosen, as_of: date) -> None:
    left, right = st.columns([2, 1])
    with left:
        growth_card.draw(chosen, as_of)
    with right:
        data_health.draw()
    left, right = st.columns([1, 2])
    with left:
        _stages(chosen)
    with right:
        _rfm(chosen)
    left, right = st.columns(2)
    with left:
        history_cards.ways(chosen, as_of)
    with right:
        history_cards.retention(chosen)
    left, right = st.columns(2)
    with left:
        _value(chosen)
        _tiers(chosen)
    with right:
        _decisions(chosen)
    outcome_tables.campaigns(chosen)
    outcome_tables.arrivals(chosen, as_of)


def _stages(chosen: Chosen) -> None:
    with cards.card("stages", t("stages.title"), t("stages.note")):
        found = overview.stages(chosen.filters.at_any_time())
        counts = dict(zip(found["stage"], found["customers"], strict=True))
        order = [code for code in palette.STAGES if code in counts] + sorted(set(counts) - set(palette.STAGES))
        parts = [(term("stage", code), float(counts[code]), palette.STAGES.get(code, palette.GREY)) for code in order]
        total = sum(value for _, value, _ in parts)
        ring = mix.ring(parts, t("word.customers"), t("word.customers"), order)
        drill_down.chart(ring, t("stages.title"), "stages_ring", "stage", chosen)
        if total:
            cards.legend(
                ((name, f"{number(value)} · {percent(value / total, 0)}", colour) for name, value, colour in parts),
                [drill_down.target("stage", chosen, code) for code in order],
            )
        drill_down.not_narrowed(chosen, NOW)


def _rfm(chosen: Chosen) -> None:
    with cards.card("rfm", t("rfm.title"), t("rfm.note")):
        found = overview.rfm_segments(chosen.filters.at_any_time())
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
                which=row.segment_8,
            )
            for row in found.itertuples()
        ]
        drawn = mix.treemap(leaves, t("word.customers"), height=330, aspect=2.1)
        drill_down.chart(drawn, t("rfm.title"), "rfm_map", "rfm", chosen)
        if total:  # every name, for the rectangles that are too small for theirs
            cards.legend(
                ((leaf.name, leaf.lines[0], leaf.colour) for leaf in leaves),
                [drill_down.target("rfm", chosen, leaf.which) for leaf in leaves],
            )
        drill_down.not_narrowed(chosen, NOW)


def _value(chosen: Chosen) -> None:
    with cards.card("value", t("abc.title"), t("abc.note")):
        found = overview.value_classes(chosen.filters.at_any_time())
        lines = pd.DataFrame(
            [
                {"line": line, "part": row.abc_class, "value": float(getattr(row, column) or 0), "which": row.abc_class}
                for line, column in ((t("abc.customers"), "customers"), (t("abc.revenue"), "revenue_share"))
                for row in found.itertuples()
            ],
            columns=["line", "part", "value", "which"],
        )
        drawn = mix.share_bars(lines, palette.ABC)
        drill_down.chart(drawn, t("abc.title"), "value_bars", "value_class", chosen)
        cards.legend(
            ((row.abc_class, number(row.customers), palette.ABC.get(row.abc_class, "")) for row in found.itertuples()),
            [drill_down.target("value_class", chosen, row.abc_class) for row in found.itertuples()],
        )
        drill_down.not_narrowed(chosen, NOW)


def _tiers(chosen: Chosen) -> None:
    with cards.card("tiers", t("tiers.title"), t("tiers.note")):
        found = overview.tiers(chosen.filters.at_any_time())
        colours = {term("loyalty", code): colour for code, colour in palette.LOYALTY.items()}
        lines = pd.DataFrame(
            [
                {
                    "line": term("value_tier", tier),
                    "part": term("loyalty", code),
                    "value": float(count),
                    "which": f"{tier}.{code}",
                }
                for tier in ("high", "ordinary")
                for code in palette.LOYALTY
                for count in [found.loc[(found.value_tier == tier) & (found.loyalty_tier == code), "customers"].sum()]
            ],
            columns=["line", "part", "value", "which"],
        )
        drill_down.chart(mix.share_bars(lines, colours), t("tiers.title"), "tier_bars", "tier", chosen)
        drill_down.not_narrowed(chosen, NOW)


def _decisions(chosen: Chosen) -> None:
    with cards.card("decisions", t("decisions.title"), t("decisions.note")):
        found = overview.decisions(chosen.filters.at_any_time())
        items = [
            (term("reason", row.reason), float(row.planned), palette.DECISIONS.get(row.decision, palette.GREY))
            for row in found.itertuples()
        ]
        which = [f"{row.decision}.{row.reason}" for row in found.itertuples()]
        drill_down.chart(mix.bars(items, t("word.messages"), which), t("decisions.title"), "plan_bars", "plan", chosen)
        totals = found.groupby("decision")["planned"].sum()
        codes = [code for code in palette.DECISIONS if code in totals]
        cards.legend(
            ((term("reason", code), number(totals[code]), palette.DECISIONS[code]) for code in codes),
            [drill_down.target("plan", chosen, code) for code in codes],
        )
        drill_down.not_narrowed(chosen, NOW)


main()
