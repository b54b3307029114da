"""A campaign or journey read as an experiment: its arms, alarms, intervals, and what it brought beyond the hold-out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.commands import CommandFailed
from dashboards.components import cards, empty_states, html, palette, refusals
from dashboards.components.charts.intervals import intervals
from dashboards.components.figures import drill_down
from dashboards.components.i18n import NOTHING, number, percent, t, term
from dashboards.components.money import compact_money
from dashboards.queries import campaigns

_FUNNEL = ("sent", "delivered", "opened", "clicked", "converted", "revenue", "complained", "opted_out")
_READINGS = ("plain", "cuped", "as_sent", "capped")
_SHOWN_DIGITS = 2


def draw(campaign: str) -> None:
    """Draw a card with what `guanxi experiment read` says.

    Args:
        campaign: the campaign or journey.
    """
    with cards.card("experiment", t("engage.experiment.title"), t("engage.experiment.note"), stretch=False):
        _draw(campaign)


def _draw(campaign: str) -> None:
    try:
        with st.spinner(t("engage.reading")):
            found = campaigns.experiment(campaign)
    except CommandFailed as refused:
        empty_states.empty(t("engage.experiment.none"), refusals.in_words(str(refused)))
        return
    for note in found["notes"]:
        _tell(term("experiment_note", note), palette.AMBER)
    if found["contaminated_customers"]:
        _tell(t("engage.experiment.contaminated", count=number(found["contaminated_customers"])), palette.AMBER)
    for name in ("against_holdout", "side_effects"):
        for alarm in (found[name] or {}).get("alarms", []):
            _tell(_alarm(alarm), palette.CORAL)
    _arms(found)
    for increment in found["increments"]:
        st.html(f'<p class="gx-note">{html.escape(_increment(increment))}</p>')
    for name in ("against_holdout", "side_effects", "among_variants"):
        if found[name]:
            _reading(campaign, name, found[name])


def _tell(text: str, colour: str) -> None:
    st.html(f'<div class="gx-fail" style="--c:{colour}">{html.escape(text)}</div>')


def _alarm(alarm: dict[str, Any]) -> str:
    arm = term("experiment_arm", alarm["arm"]) if alarm["arm"] else ""
    metric = term("experiment_metric", alarm["metric"]) if alarm["metric"] else ""
    return t(f"engage.experiment.alarm.{alarm['kind']}", metric=metric, arm=arm)


def _arms(found: dict[str, Any]) -> None:
    header = [t("engage.experiment.arm"), t("engage.experiment.planned"), t("engage.experiment.customers")]
    html.table(
        [*header, *(term("experiment_metric", metric) for metric in _FUNNEL)],
        [
            [
                term("experiment_arm", arm["arm"]),
                percent(arm["planned_share"]),
                number(arm["customers"]),
                *(_mean(metric, arm["metrics"].get(metric, {}).get("assigned_mean")) for metric in _FUNNEL),
            ]
            for arm in found["arms"]
        ],
        left=1,
    )


def _mean(metric: str, value: float | None) -> str:
    if value is None:
        return t("engage.experiment.no_data")
    return compact_money(value) if metric == "revenue" else percent(value)


def _increment(one: dict[str, Any]) -> str:
    name = "revenue" if one["metric"] == "revenue" else "conversions"
    if one["value"] is None:
        return t(f"engage.experiment.increment.{name}.unknown", customers=number(one["customers"]))
    shown = compact_money if name == "revenue" else number
    return t(
        f"engage.experiment.increment.{name}",
        value=shown(one["value"]), low=shown(one["low"]), high=shown(one["high"]), customers=number(one["customers"]),
    )  # fmt: skip


def _reading(campaign: str, name: str, reading: dict[str, Any]) -> None:
    st.html(f'<h4 class="gx-part">{html.escape(t(f"engage.experiment.{name}"))}</h4>')
    kind = "sequential" if reading["is_sequential"] else "at_the_end"
    said = t(f"engage.experiment.{kind}", share=percent(1 - reading["alpha"], 0))
    st.html(f'<p class="gx-note">{html.escape(said)}</p>')
    rows = pd.DataFrame(_rows(reading), columns=["is_share", "name", "value", "low", "high", "text"])
    for is_share, part in rows.groupby("is_share", sort=False):
        if drawn := intervals(part, "+.1%" if is_share else "+,.4~g"):
            said = t("engage.experiment.picture")
            drill_down.chart_of_no_members(
                drawn, said, f"experiment_{campaign}_{name}_{'share' if is_share else 'value'}"
            )
    names = ("comparison", "control", "variant", "difference", "interval", "p")
    html.table([t(f"engage.experiment.{one}") for one in names], [_line(one) for one in reading["results"]], left=1)


def _rows(reading: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for one in reading["results"]:
        for kind in _READINGS:
            difference = _difference(one, kind)
            if difference and difference["difference"] is not None:
                low, high = difference["low"], difference["high"]
                name = t("engage.experiment.row", comparison=_comparison(one), reading=term("experiment_reading", kind))
                text = f"{_change(one, difference['difference'])} ({_change(one, low)} – {_change(one, high)})"
                yield one["is_share"], name, difference["difference"], low, high, text


def _difference(one: dict[str, Any], kind: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = one[kind]
    if kind == "cuped" and found:
        found = found["difference"]
    return found


def _comparison(one: dict[str, Any]) -> str:
    return f"{term('experiment_metric', one['metric'])} · {term('experiment_arm', one['variant'])}"


def _change(one: dict[str, Any], value: float | None) -> str:
    if value is None:
        return NOTHING
    if one["is_share"]:
        return t("campaigns.points", points=f"{value * 100:+.{_SHOWN_DIGITS}f}")
    return compact_money(value)


def _line(one: dict[str, Any]) -> list[Any]:
    plain = one["plain"]
    colour = palette.JADE if one["is_shown"] else palette.GREY
    return [
        html.Pill(_comparison(one), colour),
        _of(one["metric"], plain["control"], plain["control_units"]),
        _of(one["metric"], plain["variant"], plain["variant_units"]),
        _change(one, plain["difference"]),
        NOTHING if plain["low"] is None else f"{_change(one, plain['low'])} – {_change(one, plain['high'])}",
        NOTHING if one["corrected_p_value"] is None else f"{one['corrected_p_value']:.3g}",
    ]


def _of(metric: str, mean: float | None, units: int) -> str:
    return NOTHING if mean is None else f"{_mean(metric, mean)} · {number(units)}"
