"""A goal over time: its months, where they lead, and the target."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.components import palette
from dashboards.components.charts.base import Spec, short_numbers, styled
from dashboards.components.charts.trend import month_axis


def goal_line(months: pd.DataFrame, goal: Any, as_of: pd.Timestamp, words: dict[str, str]) -> Spec | None:
    """A line through the months; the running one is paler, the forecast dashed with its interval, the target a rule.

    Args:
        months: period_start and metric_value, oldest first.
        goal: a row of `serving.insight.goals.goals`.
        as_of: the publication's day.
        words: names of `actual`, `forecast`, `target` in the reader's language.
    """
    if months.empty:
        return None
    data = months.astype({"metric_value": float}).assign(period_start=pd.to_datetime(months["period_start"]))
    this_month = as_of.to_period("M").to_timestamp()
    whole = data[data["period_start"] < this_month]
    running = data[data["period_start"] >= this_month]
    labels = "format(datum.value, '.0%')" if goal.unit == "share" else short_numbers()
    axis = alt.Axis(title=None, domain=False, ticks=False, tickCount=5, labelExpr=labels)
    x = alt.X("period_start:T", axis=month_axis())
    tooltip = [
        alt.Tooltip("period_start:T", title=" ", format="%Y-%m"),
        alt.Tooltip("metric_value:Q", title=words["actual"], format=".1%" if goal.unit == "share" else ",.4~g"),
    ]
    y = alt.Y("metric_value:Q", axis=axis, scale=alt.Scale(zero=False))
    drawn: list[Any] = [
        alt.Chart(whole).mark_line(color=palette.JADE, strokeWidth=2.2).encode(x=x, y=y),
        alt.Chart(whole).mark_circle(color=palette.JADE, size=46, opacity=1).encode(x=x, y=y, tooltip=tooltip),
        alt.Chart(running).mark_circle(color=palette.JADE_SOFT, size=60, opacity=0.9).encode(x=x, y=y, tooltip=tooltip),
    ]
    if goal.measured_by == "latest" and pd.notna(goal.forecast) and len(whole):
        ahead = pd.DataFrame(
            {
                "period_start": [
                    whole["period_start"].iloc[-1],
                    this_month + pd.DateOffset(months=int(goal.months_left)),
                ],
                "metric_value": [whole["metric_value"].iloc[-1], goal.forecast],
                "low": [whole["metric_value"].iloc[-1], goal.forecast_low],
                "high": [whole["metric_value"].iloc[-1], goal.forecast_high],
            }
        )
        band = alt.Chart(ahead).mark_area(color=palette.SKY, opacity=0.14)
        drawn.insert(0, band.encode(x=x, y=alt.Y("low:Q", axis=axis), y2="high:Q"))
        drawn.append(alt.Chart(ahead).mark_line(color=palette.SKY, strokeDash=[5, 4], strokeWidth=2).encode(x=x, y=y))
    if goal.measured_by == "latest" and pd.notna(goal.target):
        rule = alt.Chart(pd.DataFrame({"metric_value": [float(goal.target)]}))
        drawn.append(rule.mark_rule(color=palette.AMBER, strokeWidth=1.6, strokeDash=[2, 3]).encode(y=y))
    return styled(alt.LayerChart(layer=drawn), 262)
