"""Limits that customers share: messages of a campaign a day and in all, its budget, messages of a destination a day.

The numbers are those of the campaign's file and of the seeds `destination_limits` and `message_prices`, the same that
the campaign plan uses. What an employee can pass on in a day counts in the plan alone: only the plan knows who follows
whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exports.definitions.campaign import Campaign
from serving.rules import Rules
from stores.errors import UserError
from stores.message_channels import message_channels_of

SEEDS = ("destination_limits", "message_prices", "message_channels", "rule_thresholds")
_PARTS = "sms_parts_planned"


@dataclass(frozen=True)
class CampaignLimits:
    """What the messages of one version of a campaign share; None: no limit.

    Attributes:
        daily: messages on one business day.
        stock: messages in all.
        budget: what they may cost in all, in the reporting currency.
    """

    daily: int | None
    stock: int | None
    budget: float | None


@dataclass(frozen=True)
class SharedLimits:
    """All of them.

    Attributes:
        of_campaigns: by campaign and version, of those that have any.
        of_destinations: messages on one business day, by destination.
        prices: what a budget counts for a message, by channel, in the reporting currency; a channel without a price has
            no entry.
    """

    of_campaigns: Mapping[tuple[str, int], CampaignLimits]
    of_destinations: Mapping[str, int]
    prices: Mapping[str, float]


def campaign_limits_of(campaigns: Iterable[Campaign]) -> dict[tuple[str, int], CampaignLimits]:
    """The limits of campaigns, by campaign and version; those without any are left out."""
    found = {
        (one.campaign_id, one.version): CampaignLimits(one.daily_limit, one.offer.stock, one.budget)
        for one in campaigns
    }
    none = CampaignLimits(None, None, None)
    return {key: limits for key, limits in found.items() if limits != none}


def destination_limits_of(rows: Iterable[dict[str, str]], place: str) -> dict[str, int]:
    """Messages a day, by destination.

    Args:
        rows: of the seed `destination_limits`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense.
    """
    found = {}
    for number, row in enumerate(rows, start=2):
        try:
            found[row["destination"]] = int(row["max_messages_per_day"])
        except (KeyError, TypeError, ValueError) as bad:
            raise UserError(
                f"{place}:{number}: a limit needs destination and a whole number for max_messages_per_day."
            ) from bad
    return found


def prices_of(rules: Rules) -> dict[str, float]:
    """What a budget counts for a message, by channel: the dearest price, of text messages for as many parts as planned.

    Args:
        rules: with the rows of `SEEDS`.

    Raises:
        UserError: a row makes no sense.
    """
    channels = message_channels_of(*rules.of("message_channels"))
    rows, place = rules.of("message_prices")
    parts = {row["rule"]: row["value"] for row in rules.of("rule_thresholds")[0]}.get(_PARTS, "")
    dearest: dict[str, float] = {}
    for number, row in enumerate(rows, start=2):
        try:
            channel = channels.get(row["channel"])
            if channel is None:
                continue
            times = float(parts) if channel.follows_sms_rules else 1.0
            dearest[channel.name] = max(dearest.get(channel.name, 0.0), float(row["price"]) * times)
        except (KeyError, TypeError, ValueError) as bad:
            raise UserError(
                f"{place}:{number}: a price needs channel and a number for price; text messages the threshold {_PARTS}."
            ) from bad
    return dearest
