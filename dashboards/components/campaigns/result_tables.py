"""What a campaign brought, by version, step, channel and variant."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.components import empty_states, html, palette
from dashboards.components.campaigns.outcome_cells import OutcomeCells
from dashboards.components.figures import filter_row
from dashboards.components.i18n import number, t
from dashboards.components.money import compact_money
from dashboards.components.reasons import message_channel
from dashboards.queries import campaigns, published_copy, rules


def by_channel(campaign: str, steps: Mapping[int, str] | None = None) -> None:
    """Draw the results of a campaign or journey.

    Args:
        campaign: its id.
        steps: names of its messages by their number; without one the number is shown.
    """
    found = campaigns.channel_results(campaign)
    if not found:
        empty_states.empty(t("engage.results.none"), t("engage.results.none.text"))
        return
    everybody = filter_row.everything(published_copy.publication().as_of)
    blind = rules.channels_without_opens()
    names = ("version", "step", "channel", "variant", "planned", "sent", "delivered", "opened", "clicked", "converted")
    html.table(
        [t(f"engage.results.{name}") for name in (*names, "held_out", "holdout", "revenue")],
        [
            [
                number(row["campaign_version"]),
                (steps or {}).get(row["step"], number(row["step"])),
                message_channel(row["channel"]),
                row["variant"],
                cells.count("planned"),
                cells.count("sent"),
                cells.rate("delivered", palette.JADE),
                t("campaigns.unknown") if row["channel"] in blind else cells.rate("opened", palette.SKY),
                cells.rate("clicked", palette.VIOLET),
                cells.rate("converted"),
                cells.held_out(),
                cells.holdout_rate(),
                compact_money(row["converted_revenue"]),
            ]
            for row in found
            for cells in [
                OutcomeCells(campaign, row, everybody, row["channel"], row["campaign_version"], row["variant"])
            ]
        ],
        left=4,
    )
