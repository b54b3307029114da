"""The tables of the overview: what campaigns brought, and what channels brought."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboards.components import cards, empty_states, palette
from dashboards.components.figures import drill_down
from dashboards.components.figures.filter_row import Chosen
from dashboards.components.html import Bar, Link, Signed, table
from dashboards.components.i18n import NOTHING, is_chinese, language, moment, number, percent, t, term
from dashboards.components.money import compact_money
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
            [_campaign_line(row) for row in found.itertuples()],
            left=2,
        )


def _campaign_line(row: Any) -> list[Any]:
    sent = float(row.sent)

    def rate(count: float, colour: str) -> Bar:
        share = float(count) / sent if sent else 0.0
        return Bar(percent(share) if sent else "—", share, colour)

    converted = float(row.converted) / sent if sent else None
    control = float(row.holdout_converted) / float(row.holdout_customers) if row.holdout_customers else None
    uplift = None if converted is None or control is None else converted - control
    return [
        row.name_zh if is_chinese() else row.name_en,
        term("channel", row.channel),
        number(row.planned),
        number(sent),
        rate(row.delivered, palette.JADE),
        t("campaigns.unknown") if row.channel in rules.channels_without_opens() else rate(row.opened, palette.SKY),
        rate(row.clicked, palette.VIOLET),
        percent(converted),
        percent(control),
        "—" if uplift is None else Signed(t("campaigns.points", points=f"{uplift * 100:+.1f}"), uplift >= 0),
        compact_money(row.converted_revenue),
    ]


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


def _known_in(channel: str, count: int, as_of: date) -> Link | str:
    """How many customers a channel knows today, leading to them; some channels know none."""
    if not count:
        return NOTHING
    everywhere = Filters(as_of.replace(day=1), as_of, channel)
    asked = Chosen(everywhere, everywhere, "")
    return Link(number(count), "members", drill_down.query("customers", asked) | {"lang": language()})
