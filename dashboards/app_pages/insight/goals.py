"""经营目标: how each goal of the business stands, where it is going, and what its figure means."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components import address, cards, empty_states, html, palette
from dashboards.components.charts.goal import goal_line
from dashboards.components.figures import drill_down, negative_alerts
from dashboards.components.i18n import NOTHING, day, is_chinese, month, number, percent, t, term
from dashboards.components.money import compact_money
from dashboards.queries import published_copy
from dashboards.queries.insight import goals

PAGE = {"title": "page.goals", "icon": ":material/flag:", "order": 25}

_NAMED = 3
_COLOURS = {True: palette.JADE, False: palette.CORAL, None: palette.GREY}


def main() -> None:
    """Draw the page: how many goals stand how, the goals by dimension, and the chosen one."""
    as_of = published_copy.publication().as_of
    cards.page_head(t("page.goals"), t("goals.subtitle", as_of=day(as_of)))
    found = goals.goals()
    if found.empty:
        empty_states.empty(t("goals.none"), t("goals.none.text"))
        return
    rows = list(found.itertuples())
    _counts(rows)
    for dimension in goals.DIMENSIONS:
        inside = [row for row in rows if row.dimension == dimension]
        if inside:
            with cards.card(
                f"goals_{dimension}", term("goal_dimension", dimension), t(f"goals.about.{dimension}"), False
            ):
                _listed(inside)
    negative_alerts.draw()
    _chosen(rows, pd.Timestamp(as_of))


def _counts(rows: list[Any]) -> None:
    kinds = {True: "good", False: "bad", None: "unjudged"}
    counted = {kind: [row for row in rows if _judged(row) is kind] for kind in kinds}
    cards.tiles(
        cards.Tile(
            t(f"goals.count.{name}"),
            number(len(counted[kind])),
            t("goals.of", total=number(len(rows))),
            _names(counted[kind]),
            _COLOURS[kind],
        )
        for kind, name in kinds.items()
    )


def _listed(rows: list[Any]) -> None:
    html.table(
        [t(f"goals.column.{name}") for name in ("goal", "status", "actual", "target", "trend", "forecast", "owner")],
        [
            [
                _name(row),
                html.Pill(row.status_zh if is_chinese() else row.status_en, _COLOURS[_judged(row)]),
                _actual(row),
                _value(row, row.target),
                _change(row),
                _forecast(row),
                term("team", row.owner),
            ]
            for row in rows
        ],
        left=2,
    )


def _chosen(rows: list[Any], as_of: pd.Timestamp) -> None:
    measured = [row for row in rows if pd.notna(row.actual)]
    unmeasured = [row for row in rows if pd.isna(row.actual)]
    if measured:
        with cards.card("goal_months", t("goals.months"), t("goals.months.note"), stretch=False):
            names = {row.goal: _name(row) for row in measured}
            goal = address.choice(
                st.selectbox,
                t("goals.choose"),
                list(names),
                key="goal",
                default=_first(measured).goal,
                format_func=names.get,
            )
            row = next(one for one in measured if one.goal == goal)
            words = {name: t(f"goals.column.{name}") for name in ("actual", "forecast", "target")}
            drawn = goal_line(goals.months(row.metric), row, as_of, words)
            if drawn:
                drill_down.chart_of_no_members(drawn, _name(row), "goal_line")
            st.html(html.facts(_meaning(row)))
    if unmeasured:
        with cards.card("goals_unmeasured", t("goals.unmeasured"), t("goals.unmeasured.note"), stretch=False):
            html.table(
                [t("goals.column.goal"), t("goals.column.why")],
                [[_name(row), _note(row) or t("goals.no_value")] for row in unmeasured],
                left=2,
                wraps=True,
            )


def _first(rows: list[Any]) -> Any:
    """The first goal that can be followed over time, else the first one."""
    return next((row for row in rows if pd.notna(row.forecast)), rows[0])


def _meaning(row: Any) -> list[tuple[str, str]]:
    facts = [
        (t("goals.fact.meaning"), row.description_zh if is_chinese() else row.description_en),
        (t("goals.fact.metric"), f"{row.metric} · {term('goal_measured_by', row.measured_by)}"),
        (t("goals.fact.actual"), f"{_value(row, row.actual)} · {month(row.actual_month)}"),
    ]
    if pd.notna(row.forecast):
        low, high = _value(row, row.forecast_low), _value(row, row.forecast_high)
        facts.append(
            (t("goals.fact.forecast"), t("goals.interval", value=_value(row, row.forecast), low=low, high=high))
        )
    else:
        facts.append((t("goals.fact.forecast"), t("goals.no_forecast")))
    return facts


def _names(rows: list[Any]) -> str:
    """The first three, and how many there are."""
    names = ("、" if is_chinese() else ", ").join(_name(row) for row in rows[:_NAMED])
    return (
        t("goals.and_more", names=names, count=number(len(rows) - (0 if is_chinese() else _NAMED)))
        if len(rows) > _NAMED
        else names
    )


def _judged(row: Any) -> bool | None:
    return None if pd.isna(row.is_good) else bool(row.is_good)


def _name(row: Any) -> str:
    return str(row.name_zh if is_chinese() else row.name_en)


def _note(row: Any) -> str:
    note = row.note_zh if is_chinese() else row.note_en
    return "" if pd.isna(note) else str(note)


def _value(row: Any, value: Any, digits: int = 1) -> str:
    """A figure in the unit of its goal; a target whose unit is not known yet stands in the goal's name."""
    if pd.isna(value) or pd.isna(row.unit):
        return NOTHING
    if row.unit == "share":
        return percent(value)
    if row.unit == "money":
        return compact_money(value)
    return number(value, 0 if row.unit == "count" else digits)


def _actual(row: Any) -> Any:
    if pd.isna(row.actual) or pd.isna(row.target) or not row.target or row.direction == "down":
        return _value(row, row.actual)
    return html.Bar(_value(row, row.actual), row.actual / row.target, _COLOURS[_judged(row)])


def _change(row: Any) -> Any:
    if pd.isna(row.trend_per_month):
        return NOTHING
    sign, size = "+" if row.trend_per_month >= 0 else "−", abs(row.trend_per_month)
    shown = t("campaigns.points", points=number(100 * size, 1)) if row.unit == "share" else _value(row, size, 2)
    return html.Signed(f"{sign}{shown}", (row.trend_per_month >= 0) == (row.direction == "up"))


def _forecast(row: Any) -> str:
    return _value(row, row.forecast)


main()
