"""Cards about histories: who woke up or left, how many come back, where customers go, how sizes change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd
import streamlit as st

from dashboards.components import address, cards, empty_states, html, palette
from dashboards.components.charts import histories as charts
from dashboards.components.figures import drill_down, filter_row, history_names
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.i18n import NOTHING, day, month, number, percent, sentences, t, term
from dashboards.queries.insight import histories
from serving.figures.filters import Dimension

MONTHS = (3, 6, 12)
_COHORTS = 24
_FOLLOWED = (1, 3, 6)
_NOT_NARROWED: frozenset[Dimension] = frozenset()


def ways(chosen: Chosen, as_of: date) -> None:
    """Who woke up, fell dormant and churned, month by month over a year."""
    with cards.card("ways", t("ways.title"), t("ways.note")):
        drawn = charts.ways_by_month(histories.moves_by_month(_month(as_of, 12)))
        drill_down.chart(drawn, t("ways.title"), "ways_bars", "went", chosen)
        if drawn:
            st.caption(t("ways.why"))
        drill_down.not_narrowed(chosen, _NOT_NARROWED)


def retention(chosen: Chosen) -> None:
    """Of new buyers, how many bought again a month, three and six later."""
    with cards.card("retention", t("cohort.lines.title"), t("cohort.lines.note")):
        found = histories.cohorts(_COHORTS)
        drawn = charts.retention_lines(found, _FOLLOWED)
        if drawn is None:
            empty_states.empty(t("state.no_rows"), t("cohort.empty"))
        else:
            drill_down.chart_of_no_members(drawn, t("cohort.lines.title"), "retention_lines")
            st.caption(t("cohort.lines.why"))
        drill_down.not_narrowed(chosen, _NOT_NARROWED)


def transitions(as_of: date) -> None:
    """From which stage to which, in the months that were chosen."""
    with cards.card("transitions", t("steps.title"), t("steps.note")):
        months = address.tabs(
            t("steps.months"), MONTHS, key="steps_months", default=12,
            words=lambda count: t("steps.months_back", months=count),
        )  # fmt: skip
        since = _month(as_of, months - 1)
        found = histories.transitions(since).rename(columns={"from_stage": "before", "to_stage": "after"})
        found["which"] = found["before"] + "." + found["after"] + f".{since}"
        drawn = charts.moves_grid(
            found,
            _names("stage", palette.STAGES, found["before"], found["after"]),
            (t("flow.from"), t("steps.to")),
            t("word.steps"),
        )
        drill_down.chart(drawn, t("steps.title"), "steps_grid", "steps", filter_row.everything(as_of))
        if drawn:
            st.caption(t("steps.why", since=month(since), now=day(as_of)))


def dwell_times(as_of: date) -> None:
    """How long customers stay in each stage."""
    with cards.card("dwell", t("dwell.title"), t("dwell.note")):
        found = histories.dwell_times()
        if found.empty:
            empty_states.empty(t("state.no_rows"))
            return
        by_stage = {row.stage: row for row in found.itertuples()}
        everything = filter_row.everything(as_of)
        lines = [
            [
                term("stage", code),
                _days(by_stage[code].half_left_after_days),
                _between(by_stage[code].quarter_left_after_days, by_stage[code].three_quarters_left_after_days),
                drill_down.cell(
                    number(by_stage[code].customers_now),
                    int(by_stage[code].customers_now),
                    "dwelling",
                    everything,
                    code,
                ),
                _days(by_stage[code].median_days_so_far),
            ]
            for code in _names("stage", palette.STAGES, by_stage)
            if code in by_stage
        ]
        columns = ("stage", "half", "middle", "now", "so_far")
        html.table([t(f"dwell.column.{name}") for name in columns], lines, wraps=True)
        st.caption(t("dwell.why"))


def quadrant_moves(as_of: date) -> None:
    """The quadrant that holds for the quarter beside today's."""
    with cards.card("quadrant_moves", t("quadrant_moves.title"), t("quadrant_moves.note"), stretch=False):
        found = histories.quadrant_moves()
        if found.empty:
            empty_states.empty(t("state.no_rows"))
            return
        total = float(found["customers"].sum())
        moved = float(found.loc[found["quarter_quadrant"] != found["live_quadrant"], "customers"].sum())
        data = found.rename(columns={"quarter_quadrant": "before", "live_quadrant": "after"})
        data["which"] = data["before"] + "." + data["after"]
        drawn = charts.moves_grid(
            data, _names("quadrant", palette.QUADRANTS, data["before"], data["after"]),
            (t("quadrant_moves.quarter"), t("quadrant_moves.live")), t("word.customers"),
        )  # fmt: skip
        drill_down.chart(
            drawn, t("quadrant_moves.title"), "quadrant_grid", "quadrant_moved", filter_row.everything(as_of)
        )
        said = t("quadrant_moves.moved", count=number(moved), share=percent(moved / total))
        st.caption(sentences(said, t("quadrant_moves.why", day=day(found["frozen_on"].min()))))


def cohorts(as_of: date) -> None:
    """The grid of cohorts."""
    with cards.card("cohorts", t("cohort.title"), t("cohort.note"), stretch=False):
        drawn = charts.cohort_grid(histories.cohorts(_COHORTS))
        if drawn is None:
            empty_states.empty(t("state.no_rows"), t("cohort.empty"))
            return
        drill_down.chart(drawn, t("cohort.title"), "cohort_grid", "cohort_buyers", filter_row.everything(as_of))
        st.caption(t("cohort.why"))


def sizes(as_of: date) -> None:
    """How many customers each segment of a kind had, day by day as it was known then."""
    with cards.card("sizes", t("sizes.title"), t("sizes.note"), stretch=False):
        kind = address.tabs(
            t("sizes.kind"),
            histories.KINDS,
            key="sizes_kind",
            default="stage",
            words=lambda code: term("size_kind", code),
        )
        found = histories.sizes(kind)
        if found.empty:
            empty_states.empty(t("state.no_rows"), t("sizes.empty"))
            return
        days = pd.to_datetime(found["day"]).dt.strftime("%Y-%m-%d")
        names, colours = history_names.of_kind(kind, list(found["segment"]))
        if kind == "base":
            drawn = charts.size_lines(found.assign(which=None), names, colours)
            if drawn:
                drill_down.chart_of_no_members(drawn, t("sizes.title"), "sizes_base")
        else:
            which = kind + "." + found["segment"] + "." + days
            drawn = charts.size_lines(found.assign(which=which.where(found["customers"] > 0)), names, colours)
            drill_down.chart(drawn, t("sizes.title"), f"sizes_{kind}", "taken_for", filter_row.everything(as_of))
        more = t("sizes.one_day") if days.nunique() == 1 else t("sizes.thinned")
        st.caption(sentences(t("sizes.why", since=day(found["day"].min())), more))


def _month(as_of: date, back: int) -> date:
    """First day of the month so many months before that of a day."""
    months = as_of.year * 12 + as_of.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _names(group: str, known: dict[str, str], *found: Iterable[str]) -> dict[str, str]:
    """Names of all places in their order, those that the app has no word for last."""
    codes = set(known).union(*found)
    return {code: term(group, code) for code in [*known, *sorted(codes - set(known))]}


def _days(value: float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else t("why.days", count=number(value))


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return NOTHING
    return t("dwell.between", low=number(low), high=number(high))
