"""Figures of the overview page."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from serving.answers import answers
from serving.figures.filters import Filters, among
from serving.published_copy import PublishedCopy, TableMissing

if TYPE_CHECKING:
    import pandas as pd


def customer_figures(published: PublishedCopy, as_of: date) -> dict[str, Any]:
    """customers, active (seen or bought in the last 30 days), buyers, repeat buyers."""
    return published.record(
        """
        select
            count(*) as customers,
            count(*) filter (where interactions_30d > 0 or last_purchase_at >= cast(? as date) - 29) as active,
            count(*) filter (where orders_count >= 1) as buyers,
            count(*) filter (where orders_count >= 2) as repeat_buyers
        from marts.customers
        """,
        [as_of],
    )


@answers("month day, buyers whole, repeat_buyers whole, repurchase_rate number")
def repurchase(published: PublishedCopy, months: int = 13) -> pd.DataFrame:
    """The last `months` months with buyers: month, buyers, repeat_buyers, repurchase_rate, oldest first."""
    return published.frame(
        """
        select * from (
            select month, buyers, repeat_buyers, repurchase_rate
            from marts.monthly_repurchase
            where buyers > 0
            order by month desc
            limit ?
        )
        order by month
        """,
        [months],
    )


@answers("stage text, customers whole")
def stages(published: PublishedCopy, filters: Filters | None = None) -> pd.DataFrame:
    """stage, customers; of a channel or store only, where one is chosen."""
    where, values = among(filters)
    return published.frame(
        f"select stage, count(*) as customers from marts.customer_lifecycle where {where} group by all order by stage",
        values,
    )


@answers("abc_class text, customers whole, revenue_share number")
def value_classes(published: PublishedCopy, filters: Filters | None = None) -> pd.DataFrame:
    """Customers and their share of revenue by abc_class."""
    where, values = among(filters)
    return published.frame(
        f"""
        select abc_class, count(*) as customers, sum(revenue_share) as revenue_share
        from marts.customer_value
        where {where}
        group by abc_class
        order by abc_class
        """,
        values,
    )


@answers("loyalty_tier text, value_tier text, customers whole")
def tiers(published: PublishedCopy, filters: Filters | None = None) -> pd.DataFrame:
    """Customers by loyalty_tier and value_tier."""
    where, values = among(filters)
    return published.frame(
        f"""
        select loyalty_tier, value_tier, count(*) as customers
        from marts.customer_value
        where {where}
        group by loyalty_tier, value_tier
        order by loyalty_tier, value_tier
        """,
        values,
    )


@answers(
    "segment_8 text, segment_8_zh text, is_r_high flag, is_f_high flag, is_m_high flag, customers whole, monetary "
    "money, recency_days number"
)
def rfm_segments(published: PublishedCopy, filters: Filters | None = None) -> pd.DataFrame:
    """The eight segments: code, Chinese name, the three highs, customers, monetary."""
    where, values = among(filters)
    return published.frame(
        f"""
        select
            segment_8, any_value(segment_8_zh) as segment_8_zh, is_r_high, is_f_high, is_m_high,
            count(*) as customers, sum(monetary) as monetary, avg(recency_days) as recency_days
        from marts.customer_rfm
        where {where}
        group by segment_8, is_r_high, is_f_high, is_m_high
        order by customers desc, segment_8
        """,
        values,
    )


@answers(
    "campaign_id text, name_zh text, name_en text, channel text, planned whole, sent whole, delivered whole, "
    "opened whole, clicked whole, converted whole, converted_revenue money, holdout_customers whole, "
    "holdout_converted whole"
)
def campaigns(published: PublishedCopy) -> pd.DataFrame:
    """Performance by campaign and channel, versions and variants added up.

    Hold-out customers are counted by campaign and version and repeat over channels and variants: each counts once.
    """
    return published.frame(
        """
        with versions as (
            select
                campaign_id, any_value(name_zh) as name_zh, any_value(name_en) as name_en, channel,
                sum(planned) as planned, sum(sent) as sent, sum(delivered) as delivered, sum(opened) as opened,
                sum(clicked) as clicked, sum(converted) as converted, sum(converted_revenue) as converted_revenue,
                max(holdout_customers) as holdout_customers, max(holdout_converted) as holdout_converted
            from campaigns.campaign_performance
            group by campaign_id, campaign_version, channel
        )
        select
            campaign_id, any_value(name_zh) as name_zh, any_value(name_en) as name_en, channel,
            sum(planned) as planned, sum(sent) as sent, sum(delivered) as delivered, sum(opened) as opened,
            sum(clicked) as clicked, sum(converted) as converted, sum(converted_revenue) as converted_revenue,
            sum(holdout_customers) as holdout_customers, sum(holdout_converted) as holdout_converted
        from versions
        group by campaign_id, channel
        order by campaign_id, sent desc, channel
        """
    )


def reporting_currency(published: PublishedCopy) -> str:
    """ISO 4217 code of the currency that all amounts are in; empty where no channel states one."""
    try:
        found = published.values("select max(reporting_currency) from marts.order_totals")
    except TableMissing:  # of the release before
        return ""
    return str(found[0][0] or "")


def messages(published: PublishedCopy) -> dict[str, Any]:
    """Messages sent and delivered by all campaigns."""
    return published.record(
        """
        select coalesce(sum(sent), 0) as sent, coalesce(sum(delivered), 0) as delivered
        from campaigns.campaign_performance
        """
    )


@answers("decision text, reason text, planned whole, customers whole")
def decisions(published: PublishedCopy, filters: Filters | None = None) -> pd.DataFrame:
    """Rows of the current plan by decision and first failing reason; the sum is the audience times its channels."""
    where, values = among(filters)
    return published.frame(
        f"""
        select
            decision, coalesce(reason, decision) as reason, count(*) as planned,
            count(distinct customer_id) as customers
        from campaigns.campaign_plan
        where {where}
        group by all
        order by planned desc, reason
        """,
        values,
    )


@answers("channel text, physical_rows whole, loaded_rows whole, quarantined_rows whole, last_loaded_at time")
def arrivals(published: PublishedCopy) -> pd.DataFrame:
    """What each channel brought: rows, loaded, quarantined, last load."""
    return published.frame(
        """
        select
            channel, sum(physical_rows) as physical_rows, sum(loaded_rows) as loaded_rows,
            sum(quarantined_rows) as quarantined_rows, max(last_loaded_at) as last_loaded_at
        from marts.data_quality
        group by channel
        order by loaded_rows desc, channel
        """
    )
