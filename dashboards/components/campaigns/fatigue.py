"""Opt-outs and complaints by how many messages customers had in 30 days."""

from __future__ import annotations

from dashboards.components import empty_states, html
from dashboards.components.charts.intervals import intervals
from dashboards.components.figures import drill_down
from dashboards.components.i18n import is_chinese, number, percent, t
from dashboards.queries import campaigns

# A band of fewer messages says so little that its interval would hide the others: the table has it, the picture not.
_FEWEST_DRAWN = 100


def draw() -> None:
    """Draw the shares with their intervals, and the messages that they are of."""
    found = campaigns.fatigue()
    if found.empty:
        empty_states.empty(t("engage.fatigue.none"))
        return
    names = found["name_zh" if is_chinese() else "name_en"]
    shown = found.assign(
        name=names,
        value=found["opted_out_share"], low=found["opted_out_low"], high=found["opted_out_high"],
        text=[percent(one, 1) for one in found["opted_out_share"]],
    )  # fmt: skip
    if drawn := intervals(shown[shown["messages"] >= _FEWEST_DRAWN], ".1%", zero=False):
        drill_down.chart_of_no_members(drawn, t("engage.fatigue.picture"), "campaign_fatigue")
    columns = ("band", "messages", "opted_out", "opted_out_share", "complained", "complained_share")
    html.table(
        [t(f"engage.fatigue.{column}") for column in columns],
        [
            [
                name,
                number(row.messages),
                number(row.opted_out),
                _share(row.opted_out_share, row.opted_out_low, row.opted_out_high),
                number(row.complained),
                _share(row.complained_share, row.complained_low, row.complained_high),
            ]
            for name, row in zip(names, found.itertuples(), strict=True)
        ],
        left=1,
    )


def _share(share: float, low: float, high: float) -> str:
    return f"{percent(share)} ({percent(low)} – {percent(high)})"
