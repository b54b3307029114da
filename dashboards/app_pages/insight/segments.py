"""客群: who is in which group by RFM, lifecycle, value and the project's own segments, down to the members."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboards.components import address, cards, empty_states, member_list, palette
from dashboards.components.charts import flow, grid, quadrant, trend
from dashboards.components.charts.flow import UNKNOWN
from dashboards.components.figures import drill_down, filter_row, history_cards
from dashboards.components.i18n import day, is_chinese, month, number, percent, t, term
from dashboards.components.money import compact_money, with_currency
from dashboards.navigation import open_customer
from dashboards.queries import overview, published_copy, segments

PAGE = {"title": "page.segments", "icon": ":material/groups:", "order": 20}

MONTHS_BACK = (1, 3, 6, 12)
_CELL = re.compile(r"([1-5])-([1-5])")


def main() -> None:
    """Draw the page: the chosen view only."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.segments"), t("segments.subtitle", as_of=day(as_of)))
    view = address.tabs(
        t("segments.view"), list(VIEWS), key="segments_view", default="rfm", words=lambda code: term("view", code)
    )
    with empty_states.guarded_card():
        VIEWS[view](as_of)


def _rfm(as_of: date) -> None:
    """The grid; members of the clicked cell, or of the segment chosen beside it."""
    found = overview.rfm_segments()
    left, right = st.columns([3, 2])
    with left, cards.card("rfm_grid", t("rfm.grid.title"), t("rfm.grid.note")):
        measure = address.tabs(
            t("rfm.measure"),
            ["customers", "monetary"],
            key="rfm_measure",
            default="customers",
            words=lambda code: _with_unit(code, term("rfm_measure", code)),
        )
        drawn = grid.rfm_grid(segments.rfm_grid(), measure)
        if drawn is None:
            empty_states.empty(t("state.no_rows"), t("rfm.empty"))
        else:
            st.vega_lite_chart(spec=drawn, theme=None, on_select=_pick_cell, key="rfm_cells", alt=t("rfm.grid.title"))
    with right, cards.card("rfm_list", t("rfm.list.title"), t("rfm.list.note")):
        names = {
            row.segment_8: row.segment_8_zh if is_chinese() else term("rfm8", row.segment_8)
            for row in found.itertuples()
        }
        total = float(found["customers"].sum())
        if found.empty:
            empty_states.empty(t("state.no_rows"))
        for row in found.itertuples():
            colour = palette.RFM[(bool(row.is_r_high), bool(row.is_f_high), bool(row.is_m_high))]
            cards.share_line(
                names[row.segment_8],
                t("rfm.list.line", count=number(row.customers), days=number(row.recency_days)),
                float(row.customers) / total,
                colour,
                drill_down.target("rfm", filter_row.everything(as_of), row.segment_8),
            )
        segment = address.choice(
            st.selectbox,
            t("rfm.choose"),
            ["", *names],
            key="rfm_segment",
            default="",
            format_func=lambda code: names.get(code, t("rfm.by_cell")),
        )
    cell = _CELL.fullmatch(st.query_params.get("rfm_cell", ""))
    if segment:
        member_list.draw(segments.rfm_segment(segment), names[segment])
    elif cell:
        r_score, f_score = int(cell[1]), int(cell[2])
        member_list.draw(segments.rfm_cell(r_score, f_score), t("rfm.cell", r=r_score, f=f_score))
    else:
        member_list.draw(segments.rfm_cell(None, None), t("rfm.all"))


def _with_unit(measure: str, name: str) -> str:
    """What a measure of the grid is called; of an amount with its currency."""
    return with_currency(name) if measure == "monetary" else name


def _pick_cell() -> None:
    """Note the clicked cell in the address; a second click on it, or a double click beside, takes it back."""
    picked = st.session_state["rfm_cells"]["selection"].get("picked")
    address.note("rfm_cell", f"{int(picked[0]['r_score'])}-{int(picked[0]['f_score'])}" if picked else None)


def _lifecycle(as_of: date) -> None:
    """Flow from an earlier month end to now, the mix by month, and the members who made a chosen move."""
    months = address.tabs(
        t("flow.months"),
        MONTHS_BACK,
        key="flow_months",
        default=3,
        words=lambda count: t("flow.months_back", months=count),
    )
    earlier = _month_end(as_of, months)
    moves = segments.flow(earlier)
    left, right = st.columns([3, 2])
    with left, cards.card("flow", t("flow.title"), t("flow.note")):
        drawn = flow.stage_flow(moves, earlier, t("flow.end_of", month=month(earlier)), t("flow.now", as_of=day(as_of)))
        drill_down.chart(drawn, t("flow.title"), "flow_bands", "moved", filter_row.everything(as_of))
    with right, cards.card("history", t("history.title")):
        as_share = address.switch(t("history.share"), key="history_share")
        drawn_history = trend.stage_history(segments.stage_history(), t("word.customers"), as_share)
        drill_down.chart(drawn_history, t("history.title"), "stage_history", "stage_on", filter_row.everything(as_of))
    left, right = st.columns(2)
    with left:
        history_cards.transitions(as_of)
    with right:
        history_cards.dwell_times(as_of)
    with cards.card("moves", t("moves.title"), t("moves.note")):
        codes = _in_order({*moves["after"]})
        before_codes = _in_order({UNKNOWN if pd.isna(code) else code for code in moves["before"]})
        one, two = st.columns(2)
        before = address.choice(
            one.selectbox,
            t("flow.from"),
            ["", *before_codes],
            key="move_from",
            default="",
            format_func=lambda code: term("stage", code) if code else t("moves.any"),
        )
        after = address.choice(
            two.selectbox,
            t("flow.to"),
            codes,
            key="move_to",
            default=next(iter(codes), None),
            format_func=lambda code: term("stage", code),
        )
    if after is None:
        return
    if not before:
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
        drawn = quadrant.quadrants(segments.value_points(), summary)
        if customer_id := drill_down.picked(drawn, t("quadrant.title"), "quadrant_points"):
            open_customer(customer_id)
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
                    spend=compact_money(by_code[code].spend_6m),
                    advice=term("quadrant_advice", code),
                ),
                colour=palette.QUADRANTS[code],
                target=drill_down.target("quadrant", filter_row.everything(as_of), code),
            )
            for code in codes
        )
        chosen = address.choice(
            st.selectbox,
            t("quadrant.choose"),
            codes,
            key="quadrant",
            default=next(iter(codes), None),
            format_func=lambda code: term("quadrant", code),
        )
    history_cards.quadrant_moves(as_of)
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
                    text=t("named.tile", revenue=compact_money(figures["net_revenue"])),
                    colour=colours[place % len(colours)],
                    target=drill_down.target("segment", filter_row.everything(as_of), segment.name),
                )
            )
        cards.tiles(drawn)
        name = address.choice(
            st.selectbox,
            t("named.choose"),
            list(names),
            key="named_segment",
            default=found[0].name,
            format_func=lambda name: names[name],
        )
        chosen = next(segment for segment in found if segment.name == name)
        description = chosen.description_zh if is_chinese() else chosen.description
        if description:
            st.caption(description)
    member_list.draw(chosen.audience, names[chosen.name])


VIEWS = {
    "rfm": _rfm,
    "lifecycle": _lifecycle,
    "cohorts": history_cards.cohorts,
    "quadrants": _quadrants,
    "sizes": history_cards.sizes,
    "named": _named,
}

main()
