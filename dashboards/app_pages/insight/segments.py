"""客群: who is in which group by RFM, lifecycle, value and the project's own segments, down to the members."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboards.components import cards, empty_states, member_list, palette
from dashboards.components.charts import flow, grid, quadrant, trend
from dashboards.components.charts.flow import UNKNOWN
from dashboards.components.i18n import compact, day, is_chinese, month, number, percent, t, term
from dashboards.queries import overview, published_copy, segments

PAGE = {"title": "page.segments", "icon": ":material/groups:", "order": 20}

VIEWS = ("rfm", "lifecycle", "quadrants", "named")
MONTHS_BACK = (1, 3, 6, 12)


def main() -> None:
    """Draw the page: the chosen view only."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.segments"), t("segments.subtitle", as_of=day(as_of)))
    view = st.segmented_control(
        t("segments.view"),
        VIEWS,
        format_func=lambda code: term("view", code),
        default="rfm",
        required=True,
        key="segments_view",
        label_visibility="collapsed",
    )
    with empty_states.guarded_card():
        {"rfm": _rfm, "lifecycle": _lifecycle, "quadrants": _quadrants, "named": _named}[view or "rfm"](as_of)


def _rfm(as_of: date) -> None:
    """The grid; members of the clicked cell, or of the segment chosen beside it."""
    found = overview.rfm_segments()
    left, right = st.columns([3, 2])
    with left, cards.card("rfm_grid", t("rfm.grid.title"), t("rfm.grid.note")):
        measure = st.segmented_control(
            t("rfm.measure"),
            ["customers", "monetary"],
            format_func=lambda code: term("rfm_measure", code),
            default="customers",
            required=True,
            key="rfm_measure",
            label_visibility="collapsed",
        )
        drawn = grid.rfm_grid(segments.rfm_grid(), measure or "customers")
        cell = None
        if drawn is None:
            empty_states.empty(t("state.no_rows"), t("rfm.empty"))
        else:
            event = st.vega_lite_chart(
                spec=drawn, theme=None, on_select="rerun", key="rfm_cells", alt=t("rfm.grid.title")
            )
            picked = event["selection"].get("picked") or []
            cell = picked[0] if picked else None
    with right, cards.card("rfm_list", t("rfm.list.title"), t("rfm.list.note")):
        names = {
            row.segment_8: row.segment_8_zh if is_chinese() else term("rfm8", row.segment_8)
            for row in found.itertuples()
        }
        total = float(found["customers"].sum())
        for row in found.itertuples():
            colour = palette.RFM[(bool(row.is_r_high), bool(row.is_f_high), bool(row.is_m_high))]
            cards.share_line(
                names[row.segment_8],
                t("rfm.list.line", count=number(row.customers), days=number(row.recency_days)),
                float(row.customers) / total,
                colour,
            )
        segment = st.selectbox(
            t("rfm.choose"),
            [None, *names],
            format_func=lambda code: t("rfm.by_cell") if code is None else names[code],
            key="rfm_segment",
        )
    if segment:
        member_list.draw(segments.rfm_segment(segment), names[segment])
    elif cell:
        r_score, f_score = int(cell["r_score"]), int(cell["f_score"])
        member_list.draw(segments.rfm_cell(r_score, f_score), t("rfm.cell", r=r_score, f=f_score))
    else:
        member_list.draw(segments.rfm_cell(None, None), t("rfm.all"))


def _lifecycle(as_of: date) -> None:
    """Flow from an earlier month end to now, the mix by month, and the members who made a chosen move."""
    months = st.segmented_control(
        t("flow.months"),
        MONTHS_BACK,
        format_func=lambda count: t("flow.months_back", months=count),
        default=3,
        required=True,
        key="flow_months",
        label_visibility="collapsed",
    )
    earlier = _month_end(as_of, months or 3)
    moves = segments.flow(earlier)
    left, right = st.columns([3, 2])
    with left, cards.card("flow", t("flow.title"), t("flow.note")):
        cards.chart(
            flow.stage_flow(moves, t("flow.end_of", month=month(earlier)), t("flow.now", as_of=day(as_of))),
            t("flow.title"),
        )
    with right, cards.card("history", t("history.title")):
        as_share = st.toggle(t("history.share"), key="history_share")
        cards.chart(trend.stage_history(segments.stage_history(), t("word.customers"), as_share), t("history.title"))
    with cards.card("moves", t("moves.title"), t("moves.note")):
        codes = _in_order({*moves["after"]})
        before_codes = _in_order({UNKNOWN if pd.isna(code) else code for code in moves["before"]})
        one, two = st.columns(2)
        before = one.selectbox(
            t("flow.from"),
            [None, *before_codes],
            format_func=lambda code: t("moves.any") if code is None else term("stage", code),
            key="move_from",
        )
        after = two.selectbox(t("flow.to"), codes, format_func=lambda code: term("stage", code), key="move_to")
    if after is None:
        return
    if before is None:
        member_list.draw(segments.stage(after), term("stage", after))
    else:
        audience = segments.moved(None if before == UNKNOWN else before, after, earlier)
        member_list.draw(audience, t("moves.name", before=term("stage", before), after=term("stage", after)))


def _month_end(as_of: date, months: int) -> date:
    """The last day of the month `months` before that of `as_of`."""
    first = as_of.year * 12 + as_of.month - 1 - months + 1
    return date(first // 12, first % 12 + 1, 1) - timedelta(days=1)


def _in_order(codes: set[str]) -> list[str]:
    order = [UNKNOWN, *palette.STAGES]
    return sorted(codes, key=lambda code: (order.index(code) if code in order else len(order), code))


def _quadrants(as_of: date) -> None:
    """Points and the four fields."""
    summary = segments.quadrants()
    total = float(summary["customers"].sum())
    left, right = st.columns([3, 2])
    with left, cards.card("quadrants", t("quadrant.title"), t("quadrant.note")):
        cards.chart(quadrant.quadrants(segments.value_points(), summary), t("quadrant.title"))
    with right, cards.card("quadrant_list", t("quadrant.list.title")):
        by_code = {row.quadrant: row for row in summary.itertuples()}
        codes = [code for code in palette.QUADRANTS if code in by_code]
        cards.tiles(
            cards.Tile(
                name=term("quadrant", code),
                figure=number(by_code[code].customers),
                aside=percent(by_code[code].customers / total),
                text=t(
                    "quadrant.tile",
                    revenue=percent(by_code[code].revenue_share),
                    spend=compact(by_code[code].spend_6m),
                    advice=term("quadrant_advice", code),
                ),
                colour=palette.QUADRANTS[code],
            )
            for code in codes
        )
        chosen = st.selectbox(
            t("quadrant.choose"), codes, format_func=lambda code: term("quadrant", code), key="quadrant"
        )
    if chosen:
        member_list.draw(segments.quadrant(chosen), term("quadrant", chosen))


def _named(as_of: date) -> None:
    """The project's segments as tiles, and the members of one."""
    found = segments.named_segments()
    if not found:
        empty_states.empty(t("named.empty"), t("named.empty.text"))
        return
    customers = overview.customer_figures(as_of)["customers"]
    names = {segment.name: segment.name_zh if is_chinese() else segment.name_en for segment in found}
    colours = list(palette.STAGES.values())[1:]
    with cards.card("named", t("named.title"), t("named.note")):
        drawn = []
        for place, segment in enumerate(found):
            figures = segments.segment_figures(segment)
            drawn.append(
                cards.Tile(
                    name=names[segment.name],
                    figure=number(figures["customers"]),
                    aside=percent(figures["customers"] / customers if customers else None),
                    text=t("named.tile", revenue=compact(figures["net_revenue"])),
                    colour=colours[place % len(colours)],
                )
            )
        cards.tiles(drawn)
        chosen = st.selectbox(
            t("named.choose"), found, format_func=lambda segment: names[segment.name], key="named_segment"
        )
        description = chosen.description_zh if is_chinese() else chosen.description
        if description:
            st.caption(description)
    member_list.draw(chosen.audience, names[chosen.name])


main()
