"""The six cards on top of the overview: a figure, how it changed, its last weeks as a small chart, and its members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.components.figures import drill_down
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.i18n import NOTHING, month, number, percent, signed_percent, t
from dashboards.components.money import compact_money
from dashboards.queries import figures, overview
from serving.figures.filters import Filters

_WEEKS = 12


def draw(chosen: Chosen, as_of: date) -> None:
    """Draw the six cards.

    Args:
        chosen: the filters.
        as_of: the last day that there are figures of.
    """
    cards: list[Callable[[Chosen, date], None]] = [_customers, _new, _active, _repurchase, _revenue, _messages]
    with st.container(key="kpis"):
        columns = st.columns(len(cards))
    for column, card in zip(columns, cards, strict=True):
        with column:
            card(chosen, as_of)


def _customers(chosen: Chosen, as_of: date) -> None:
    total = figures.count("customers", chosen.filters)
    before = figures.count("customers", replace(chosen.filters, until=chosen.filters.since - timedelta(days=1)))
    weeks = _weeks("new_customers", chosen, as_of) if not chosen.filters.channel and not chosen.filters.store else []
    running = [total - sum(weeks[place + 1 :]) for place in range(len(weeks))]
    _card(
        "customers",
        chosen,
        number(total),
        _compared(
            total / before - 1 if before else None, t("kpi.since_start" if chosen.period else "kpi.since_month_start")
        ),
        running,
        "area",
    )
    _members("customers", chosen, total)


def _new(chosen: Chosen, as_of: date) -> None:
    if _unknown("new_customers", "new_customers" if chosen.period else "new_this_month", chosen):
        return
    count, before = (figures.count("new_customers", days) for days in (chosen.filters, chosen.before))
    _card(
        "new_customers" if chosen.period else "new_this_month",
        chosen,
        number(count),
        _compared(_change(count, before), _earlier(chosen)),
        _weeks("new_customers", chosen, as_of),
        "bar",
    )
    _members("new_customers", chosen, count)


def _active(chosen: Chosen, as_of: date) -> None:
    """Of the last 30 days where no period was chosen: a month that has just begun says nothing."""
    name = "active" if chosen.period else "active_share"
    if _unknown("active_customers", name, chosen):
        return
    asked = (
        chosen if chosen.period else replace(chosen, period="days_30", filters=_last_days(chosen.filters, as_of, 30))
    )
    count, total = (figures.count(figure, asked.filters) for figure in ("active_customers", "customers"))
    _card(
        name,
        chosen,
        percent(count / total if total else None),
        _aside(t("kpi.active_count", count=number(count))),
        _weeks("active_customers", chosen, as_of),
        "line",
    )
    _members("active_customers", asked, count)


def _repurchase(chosen: Chosen, as_of: date) -> None:
    """Of the month so far where no period was chosen, of the latest one with buyers."""
    months = [] if chosen.used else overview.repurchase().to_dict("records")
    asked = chosen
    if months:
        since = months[-1]["month"].date()
        last = min(as_of, (since.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))
        asked = replace(chosen, period="range", filters=replace(chosen.filters, since=since, until=last))
    repeat, buyers = (figures.count(figure, asked.filters) for figure in ("repeat_buyers", "kept_buyers"))
    said = month(asked.filters.since) if not chosen.period else t("kpi.of_buyers", count=number(buyers))
    _card(
        "repurchase",
        chosen,
        percent(repeat / buyers if buyers else None),
        _aside(said),
        [float(row["repurchase_rate"]) for row in months],
        "line",
    )
    _members("repeat_buyers", asked, repeat)


def _revenue(chosen: Chosen, as_of: date) -> None:
    now, before = (figures.revenue(days) for days in (chosen.filters, chosen.before))
    _card(
        "revenue" if chosen.period else "net_revenue",
        chosen,
        compact_money(now["net_revenue"]),
        _compared(_change(now["net_revenue"], before["net_revenue"]), _earlier(chosen)),
        _weeks("net_revenue", chosen, as_of),
        "bar",
    )
    _members("buyers", chosen, figures.count("buyers", chosen.filters))


def _messages(chosen: Chosen, _: date) -> None:
    """What campaigns sent is not kept by day, nor by the channel and store that customers come from."""
    sent = overview.messages()
    if chosen.used:
        _nothing("messages", drill_down.not_by(sorted(chosen.used, key=["period", "channel", "store"].index)))
        return
    delivered = t("kpi.delivered", share=percent(sent["delivered"] / sent["sent"])) if sent["sent"] else ""
    _card("messages", chosen, number(sent["sent"]), _aside(delivered), [], "bar")
    if sent["sent"]:
        drill_down.link(drill_down.counted("messages", int(sent["sent"])), "messages", chosen, ".sent")


def _card(name: str, chosen: Chosen, value: str, compared: dict[str, Any], chart: list[float], kind: Any) -> None:
    st.metric(
        t(f"kpi.{name}"),
        value,
        **compared,
        help=t(f"kpi.{name}.help"),
        border=True,
        height="stretch",
        chart_data=chart or None,
        chart_type=kind,
    )


def _unknown(figure: str, name: str, chosen: Chosen) -> bool:
    """Whether the figure cannot follow a filter in use; then its card says so instead of a number."""
    said = drill_down.cannot_follow(figure, chosen)
    if said:
        _nothing(name, said)
    return bool(said)


def _nothing(name: str, said: str) -> None:
    st.metric(t(f"kpi.{name}"), NOTHING, **_aside(said), help=t(f"kpi.{name}.help"), border=True, height="stretch")


def _members(figure: str, chosen: Chosen, count: int) -> None:
    drill_down.link(t(f"drill.{figure}", count=number(count)), figure, chosen)


def _aside(said: str) -> dict[str, Any]:
    """A word below the figure that is no change of it."""
    return {"delta": said or None, "delta_arrow": "off", "delta_color": "off"}


def _earlier(chosen: Chosen) -> str:
    return t("kpi.vs_before" if chosen.period else "kpi.vs_last_month")


def _compared(share: float | None, with_what: str) -> dict[str, Any]:
    """How a figure changed, and against what; nothing where there is nothing to compare with.

    It has no colour: that would colour the chart too, and one figure that fell makes no bar a bad one.
    """
    if share is None:
        return {}
    arrow = "auto" if round(share, 3) else "off"
    return {"delta": signed_percent(share), "delta_description": with_what, "delta_color": "off", "delta_arrow": arrow}


def _change(now: float, before: float) -> float | None:
    return (float(now) - float(before)) / float(before) if before else None


def _last_days(filters: Filters, as_of: date, days: int) -> Filters:
    return replace(filters, since=as_of - timedelta(days=days - 1), until=as_of)


def _weeks(measure: str, chosen: Chosen, as_of: date) -> list[float]:
    """The last weeks, counted back from the last day; of a chosen period its weeks, or its days where it is short."""
    days = chosen.filters if chosen.period else _last_days(chosen.filters, as_of, 7 * _WEEKS)
    grain = "day" if (days.until - days.since).days < 31 else "seven_days"
    return [float(value) for value in figures.trend(days, measure, grain)["value"]]
