"""Figures of the data quality page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.answers import answers
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd


@answers("channel text, concept text, reason text, value text, held_rows whole, channel_held_share number")
def held_rows(published: PublishedCopy) -> pd.DataFrame:
    """What is in no total, and why: one row for each channel, concept, reason and value, most rows first."""
    return published.frame(
        """
        select channel, concept, reason, value, held_rows, channel_held_share
        from marts.held_rows
        order by
            sum(held_rows) over (partition by channel, concept) desc, channel, concept, held_rows desc, reason, value
        """
    )


@answers(
    "channel text, customer_sales whole, anonymous_sales whole, test_sales whole, held_orders whole, "
    "customer_revenue money, anonymous_revenue money, test_revenue money"
)
def order_totals(published: PublishedCopy) -> pd.DataFrame:
    """Paid orders and revenue of each channel by whose they are."""
    return published.frame(
        """
        select
            channel, customer_sales, anonymous_sales, test_sales, held_orders, customer_revenue, anonymous_revenue,
            test_revenue
        from marts.order_totals
        order by customer_sales desc, channel
        """
    )


@answers("measure text, value number, bound number, is_within flag, largest_customers text")
def identity_spread(published: PublishedCopy) -> pd.DataFrame:
    """How far profiles are merged: measure, value, bound, is_within, largest_customers."""
    return published.frame(
        "select measure, value, bound, is_within, largest_customers from marts.identity_spread"
        " order by is_within, measure"
    )
