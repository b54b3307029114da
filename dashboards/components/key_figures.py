"""The six cards on top of the overview: a figure, how it changed, and its last weeks as a small chart."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.components.i18n import month, number, percent, signed_percent, t
from dashboards.components.money import compact_money
from dashboards.queries import overview


def draw(as_of: date) -> None:
    """Draw the six cards of the overview as of a day."""
    people, months, repurchase = overview.customer_figures(as_of), overview.month_figures(as_of), overview.repurchase()
    recent = overview.daily(as_of, 90)
    sent = overview.messages()
    total = people["customers"]
    with st.container(key="kpis"):
        columns = st.columns(6)
    with columns[0]:
        before = total - months["new_customers"]
        st.metric(
            t("kpi.customers"),
            number(total),
            **_compared(months["new_customers"] / before if before else None, t("kpi.since_month_start")),
            help=t("kpi.customers.help"),
            border=True,
            height="stretch",
            chart_data=_running_total(recent, total),
            chart_type="area",
        )
    with columns[1]:
        st.metric(
            t("kpi.new_this_month"),
            number(months["new_customers"]),
            **_compared(_change(months["new_customers"], months["new_customers_before"]), t("kpi.vs_last_month")),
            help=t("kpi.new_this_month.help"),
            border=True,
            height="stretch",
            chart_data=_weekly(recent, "new_customers"),
            chart_type="bar",
        )
    with columns[2]:
        st.metric(
            t("kpi.active_share"),
            percent(people["active"] / total if total else None),
            t("kpi.active_count", count=number(people["active"])),
            delta_arrow="off",
            delta_color="off",
            help=t("kpi.active_share.help"),
            border=True,
            height="stretch",
            chart_data=_weekly(recent, "active_customers"),
            chart_type="line",
        )
    with columns[3]:
        latest = repurchase.iloc[-1] if len(repurchase) else None
        st.metric(
            t("kpi.repurchase"),
            percent(None if latest is None else latest["repurchase_rate"]),
            None if latest is None else month(latest["month"]),
            delta_arrow="off",
            delta_color="off",
            help=t("kpi.repurchase.help"),
            border=True,
            height="stretch",
            chart_data=repurchase["repurchase_rate"].astype(float).tolist(),
            chart_type="line",
        )
    with columns[4]:
        st.metric(
            t("kpi.net_revenue"),
            compact_money(months["net_revenue"]),
            **_compared(_change(months["net_revenue"], months["net_revenue_before"]), t("kpi.vs_last_month")),
            help=t("kpi.net_revenue.help"),
            border=True,
            height="stretch",
            chart_data=_weekly(recent, "net_revenue"),
            chart_type="bar",
        )
    with columns[5]:
        st.metric(
            t("kpi.messages"),
            number(sent["sent"]),
            t("kpi.delivered", share=percent(sent["delivered"] / sent["sent"])) if sent["sent"] else None,
            delta_arrow="off",
            delta_color="off",
            help=t("kpi.messages.help"),
            border=True,
            height="stretch",
        )


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


def _weekly(recent: pd.DataFrame, measure: str) -> list[float]:
    """Sums of whole weeks, counted back from the last day."""
    values = recent[measure].astype(float).tolist()
    values = values[len(values) % 7 :]
    return [sum(values[start : start + 7]) for start in range(0, len(values), 7)]


def _running_total(recent: pd.DataFrame, total: int) -> list[float]:
    new = recent["new_customers"].astype(float)
    return (total - new.sum() + new.cumsum()).tolist()[::7]
