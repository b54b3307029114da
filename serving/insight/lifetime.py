"""Lifetime value: what customers are expected to buy, by which model, and how good it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.answers import answers
from serving.published_copy import PublishedCopy, Row
from serving.rules import rule_rows

if TYPE_CHECKING:
    import pandas as pd

# Customers with a forecast by what they are expected to spend in a year, in tenths; ties share the better one.
TENTHS = """
select
    customer_id, expected_value_365d, expected_purchases_365d,
    cast(1 + floor(10 * (rank() over (order by expected_value_365d desc) - 1) / count(*) over ()) as int) as decile
from marts.customer_lifetime where model is not null
"""
# Chinese and English name, by code.
Names = dict[str, tuple[str, str]]


def of_customer(published: PublishedCopy, customer_id: str) -> Row:
    """What a customer of today is expected to buy, or why that is not known; empty where there is no such customer."""
    return published.first("select * from marts.customer_lifetime where customer_id = ?", [customer_id])


def model_in_use(published: PublishedCopy) -> Row:
    """The model that today's forecasts are made by: its row of lifetime_models; empty where nothing is forecast."""
    return published.first("select * from marts.lifetime_models where is_current order by fitted_on desc")


def model_of(published: PublishedCopy, version: str) -> Row:
    """A model by its version."""
    return published.first("select * from marts.lifetime_models where model_version = ?", [version])


def figures_of(published: PublishedCopy, version: str, horizon_days: int) -> list[Row]:
    """The figures by which a model was judged for a horizon, of what it forecasts and of cohort rates."""
    return published.rows(
        """
        select model, figure, value, low, high, judged_days, customers from marts.lifetime_figures
        where model_version = ? and horizon_days = ?
        order by figure, model desc
        """,
        [version, horizon_days],
    )


def names(published: PublishedCopy) -> Names:
    """What models, the reasons for them, figures, and reasons for no forecast are called."""
    terms = {row["term"]: (row["name_zh"], row["name_en"]) for row in rule_rows(published, "lifetime_terms")}
    missing = {row["reason"]: (row["name_zh"], row["name_en"]) for row in rule_rows(published, "not_predicted_reasons")}
    return terms | missing


@answers("horizon_days whole, customers whole, expected_purchases number, expected_value money")
def totals(published: PublishedCopy) -> pd.DataFrame:
    """What everybody together is expected to buy within each horizon: one row each, the shortest first."""
    return published.frame(
        """
        with summed as (
            select
                count(*) as customers,
                sum(expected_purchases_30d) as p30, sum(expected_purchases_90d) as p90,
                sum(expected_purchases_365d) as p365,
                sum(expected_value_30d) as v30, sum(expected_value_90d) as v90, sum(expected_value_365d) as v365
            from marts.customer_lifetime where model is not null
        )
        select 30 as horizon_days, customers, p30 as expected_purchases, v30 as expected_value from summed
        union all select 90, customers, p90, v90 from summed
        union all select 365, customers, p365, v365 from summed
        order by horizon_days
        """
    )


@answers("reason text, customers whole")
def without_forecast(published: PublishedCopy) -> pd.DataFrame:
    """Customers without a forecast, by why: reason, customers, most first."""
    return published.frame(
        "select reason, count(*) as customers from marts.customer_lifetime where reason is not null"
        " group by reason order by customers desc, reason"
    )


@answers("decile whole, customers whole, least_value money, expected_value money, value_share number, purchases number")
def deciles(published: PublishedCopy) -> pd.DataFrame:
    """Customers in tenths by what they are expected to spend in a year: 1 spends most. Ties share the better tenth."""
    return published.frame(
        f"""
        select
            decile,
            count(*) as customers,
            min(expected_value_365d) as least_value,
            sum(expected_value_365d) as expected_value,
            sum(expected_value_365d)::double / nullif(sum(sum(expected_value_365d)) over (), 0) as value_share,
            avg(expected_purchases_365d) as purchases
        from ({TENTHS}) as tenths group by decile order by decile
        """
    )


@answers("model text, decile whole, expected_purchases number, made_purchases number")
def calibration(published: PublishedCopy, version: str, horizon_days: int) -> pd.DataFrame:
    """What a model, and cohort rates beside it, expected in the judged days and what came, by tenth of customers."""
    return published.frame(
        """
        select model, decile, expected_purchases, made_purchases from marts.lifetime_calibration
        where model_version = ? and horizon_days = ? order by model, decile
        """,
        [version, horizon_days],
    )


@answers("figure text, model text, value number, low number, high number")
def figures(published: PublishedCopy, version: str, horizon_days: int) -> pd.DataFrame:
    """The figures of a model and of cohort rates for a horizon, with their intervals of 95 %."""
    return published.frame(
        """
        select figure, model, value, low, high from marts.lifetime_figures
        where model_version = ? and horizon_days = ? order by figure, model desc
        """,
        [version, horizon_days],
    )
