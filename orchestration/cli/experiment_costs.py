"""What `guanxi experiment read` says of money: the lines of the budget, and the cost of what was brought."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.amounts import amount
from orchestration.cli.session import Listing, console

if TYPE_CHECKING:
    from orchestration.campaign_experiments.reading import CampaignCosts


def costs_document(costs: CampaignCosts | None) -> dict[str, Any] | None:
    """The costs of a version as a part of the JSON document; None where the publication has none."""
    if costs is None:
        return None
    brought = asdict(costs.brought)
    return {
        "currency": costs.currency or None,
        "lines": [asdict(one) for one in costs.lines],
        **{name: value for name, value in brought.items() if name != "campaign_version"},
    }


def tell_costs(costs: CampaignCosts) -> None:
    """Print the lines of the budget, and below them what was brought for the money."""
    console.print("\n[bold]What it cost[/bold]")
    table = Listing("line", "budget", "messages, offers", "booked", "spent")
    for one in costs.lines:
        budgeted = "" if one.budgeted is None else amount(one.budgeted, costs.currency)
        known = [amount(value, costs.currency) for value in (one.counted, one.booked, one.spent)]
        table.add_row(f"{one.name_en} {one.name_zh}", budgeted, *known)
    console.print(table)
    for sentence in sentences(costs):
        console.print(f"  {sentence}", markup=False, soft_wrap=True)


def sentences(costs: CampaignCosts) -> list[str]:
    """What all of it cost, and what one conversion beyond the hold-out did."""
    brought, currency = costs.brought, costs.currency
    if brought.spent is None:
        return ["Spent: unknown, since a channel has no price, an offer no cost, or nobody knows the conversions."]
    of_budget = "" if brought.budgeted is None else f" of a budget of {amount(brought.budgeted, currency)}"
    said = [f"Spent: {amount(brought.spent, currency)}{of_budget}."]
    each = brought.cost_per_incremental_conversion
    if brought.incremental_conversions is None:
        said.append("Cost of a conversion beyond the hold-out: cannot be said yet.")
    elif each is None:
        said.append("Cost of a conversion beyond the hold-out: there is none.")
    else:
        high = brought.cost_per_incremental_conversion_high
        end = "no end, since there may be none" if high is None else amount(high, currency)
        low = amount(brought.cost_per_incremental_conversion_low, currency)
        said.append(f"Cost of a conversion beyond the hold-out: {amount(each, currency)} ({low} to {end}).")
    if brought.net_return is not None:
        low, high_end = amount(brought.net_return_low, currency), amount(brought.net_return_high, currency)
        said.append(
            f"Revenue beyond the hold-out less the cost: {amount(brought.net_return, currency)} ({low} to {high_end})."
        )
    return said
