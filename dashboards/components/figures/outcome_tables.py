"""The tables of the overview: what campaigns brought, and what channels brought."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboards.components import cards, empty_states, palette
from dashboards.components.campaigns.outcome_cells import OutcomeCells
from dashboards.components.figures import drill_down
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.html import Signed, table
from dashboards.components.i18n import NOTHING, is_chinese, moment, number, percent, t, term
from dashboards.components.money import compact_money
from dashboards.components.reasons import message_channel
from dashboards.queries import figures, overview, rules
from serving.figures.filters import Filters


def campaigns(chosen: Chosen) -> None:
    """Draw the card of what campaigns brought.

    Args:
        chosen: the filters; campaign results follow none of them.
    """
    with cards.card("campaigns", t("campaigns.title"), t("campaigns.note")):
        drill_down.not_narrowed(chosen, frozenset())
        found = overview.campaigns()
        if found.empty:
            empty_states.empty(t("results.empty"), t("results.empty.text"))
            return
        columns = (
            "name",
            "channel",
            "planned",
            "sent",
            "delivered",
            "opened",
            "clicked",
            "converted",
            "holdout",
            "uplift",
            "revenue",
        )
        table(
            [t(f"campaigns.{column}") for column in columns],
            [_campaign_line(row, chosen) for row in found.to_dict("records")],
            left=2,
        )


def _campaign_line(row: dict[str, Any], chosen: Chosen) -> list[Any]:
    cells = OutcomeCells(row["campaign_id"], row, chosen, row["channel"])
    sent, held_out = int(row["sent"]), int(row["holdout_customers"])
    converted = row["converted"] / sent if sent else None
    control = row["holdout_converted"] / held_out if held_out else None
    uplift = None if converted is None or control is None else float(converted) - float(control)
    return [
        row["name_zh" if is_chinese() else "name_en"],
        message_channel(row["channel"]),
        cells.count("planned"),
        cells.count("sent"),
        cells.rate("delivered", palette.JADE),
        t("campaigns.unknown")
        if row["channel"] in rules.channels_without_opens()
        else cells.rate("opened", palette.SKY),
        cells.rate("clicked", palette.VIOLET),
        cells.rate("converted"),
        cells.holdout_rate(),
        _uplift(uplift),
        compact_money(row["converted_revenue"]),
    ]


def _uplift(share: float | None) -> str | Signed:
    """Points more or fewer than the hold-out: good or bad, and neither where there is no difference to show."""
    if share is None:
        return NOTHING
    points = round(share * 100, 1)
    text = t("campaigns.points", points=f"{points:+.1f}" if points else "0.0")
    return Signed(text, points > 0) if points else text


def arrivals(chosen: Chosen, as_of: date) -> None:
    """Draw the card of what the channels brought, with the way to the customers of each.

    Args:
        chosen: the filters.
        as_of: the last day that there are figures of.
    """
    with cards.card("arrivals", t("arrivals.title"), t("arrivals.note")):
        drill_down.not_narrowed(chosen, frozenset({"channel"}))
        found = overview.arrivals()
        if chosen.filters.channel:
            found = found[found["channel"] == chosen.filters.channel]
        if found.empty:
            empty_states.empty(t("state.no_rows"))
            return
        known = figures.by_channel(as_of)
        table(
            [t(f"arrivals.{name}") for name in ("channel", "loaded", "quarantined", "share", "last", "customers")],
            [
                [
                    term("channel", row.channel),
                    number(row.loaded_rows),
                    Signed(number(row.quarantined_rows), False) if row.quarantined_rows else "0",
                    percent(row.quarantined_rows / row.physical_rows if row.physical_rows else None, 2),
                    moment(row.last_loaded_at),
                    _known_in(row.channel, known.get(row.channel, 0), as_of),
                ]
                for row in found.itertuples()
            ],
        )
        if not drill_down.cannot_follow("merged", chosen):
            merged = figures.count("merged", chosen.filters)
            drill_down.link(t("drill.merged", count=number(merged)), "merged", chosen)


def _known_in(channel: str, count: int, as_of: date) -> Any:
    """How many customers a channel knows today, leading to them; some channels know none."""
    everywhere = Filters(as_of.replace(day=1), as_of, channel)
    asked = Chosen(everywhere, everywhere, "")
    return drill_down.cell(number(count), count, "customers", asked) if count else NOTHING
