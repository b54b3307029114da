"""What a campaign or journey cost, line by line of its budget, and what a conversion beyond the hold-out cost."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.components import cards, empty_states, html
from dashboards.components.i18n import NOTHING, is_chinese, t
from dashboards.components.money import compact_money, money
from dashboards.queries import campaigns

_COLUMNS = ("line", "budgeted", "counted", "booked", "spent")


def draw(campaign: str) -> None:
    """Draw a card with the costs of the newest version.

    Args:
        campaign: the campaign or journey.
    """
    with (
        cards.card("campaign_costs", t("engage.costs.title"), t("engage.costs.note"), stretch=False),
        empty_states.guarded_card(),
    ):
        _draw(campaign)


def _draw(campaign: str) -> None:
    versions = campaigns.returns(campaign)
    if not versions:
        empty_states.empty(t("engage.costs.none"))
        return
    newest = versions[0]
    html.table(
        [t(f"engage.costs.{name}") for name in _COLUMNS],
        [
            [
                one.name_zh if is_chinese() else one.name_en,
                *(_known(getattr(one, name), name) for name in _COLUMNS[1:]),
            ]
            for one in campaigns.cost_lines(campaign, newest.campaign_version)
        ],
        left=1,
    )
    facts = [
        (t("engage.costs.fact.spent"), _spent(newest)),
        (t("engage.costs.fact.each"), _each(newest)),
        (
            t("engage.costs.fact.net"),
            _between(newest.net_return, newest.net_return_low, newest.net_return_high),
        ),
    ]
    st.html(html.facts(facts))


def _known(value: Any, name: str) -> str:
    if value is None:
        return NOTHING if name == "budgeted" else t("engage.costs.unknown")
    return money(value)


def _spent(brought: Any) -> str:
    if brought.spent is None:
        return t("engage.costs.unknown")
    if brought.budgeted is None:
        return money(brought.spent)
    return t("engage.costs.of_budget", spent=money(brought.spent), budget=money(brought.budgeted))


def _each(brought: Any) -> str:
    value = brought.cost_per_incremental_conversion
    if value is None:
        has_none = brought.spent is not None and brought.incremental_conversions is not None
        return t("engage.costs.no_conversions" if has_none else "engage.costs.unknown")
    high = brought.cost_per_incremental_conversion_high
    end = t("engage.costs.no_end") if high is None else money(high)
    return t(
        "engage.costs.between", value=money(value), low=money(brought.cost_per_incremental_conversion_low), high=end
    )


def _between(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return t("engage.costs.unknown")
    return t("engage.costs.between", value=compact_money(value), low=compact_money(low), high=compact_money(high))
