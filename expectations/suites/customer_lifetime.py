"""Marts out: what all customers are expected to buy is not far from what they bought lately."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

FORECASTS = "warehouse.marts.customer_lifetime"
PURCHASES = "warehouse.intermediate.int_customer_purchase_days"
# Fewer purchases than this, made or expected, say nothing.
LEAST_PURCHASES = 100
_DAYS = 90


def relation(sources: Sources) -> str:
    """One row: purchases expected in 90 days of those who have a forecast, over those that they made in the last 90."""
    return f"""
with forecast as (
    select
        min(as_of) as as_of,
        coalesce(sum(expected_purchases_{_DAYS}d), 0) as expected
    from {FORECASTS}
    where model is not null
),
made as (
    select count(*) as purchases
    from {PURCHASES} as days
    cross join forecast
    where
        days.purchase_day > forecast.as_of - {_DAYS}
        and days.purchase_day <= forecast.as_of
        and days.customer_id in (select customer_id from {FORECASTS} where model is not null)
)
select
    'customer_lifetime' as base,
    forecast.expected::double as expected_purchases,
    made.purchases as made_purchases,
    case
        when greatest(forecast.expected, made.purchases) < {LEAST_PURCHASES} then 1
        else forecast.expected / greatest(made.purchases, 1)
    end::double as expected_over_made
from forecast
cross join made"""


SUITE = Suite(
    boundary="marts",
    name="customer_lifetime",
    table="marts.customer_lifetime",
    keys=("base", "expected_purchases", "made_purchases"),
    relation=relation,
    requires=(FORECASTS, PURCHASES),
    checks=(
        # Ten times more or less is no forecast but a mistake: purchases that came twice, or were lost.
        Check(
            name="total_is_possible",
            expectation="ExpectColumnValuesToBeBetween",
            column="expected_over_made",
            arguments={"min_value": 0.1, "max_value": 10},
            severity="critical",
            description_zh="未来 90 天的预期购买次数在近 90 天实际次数的十分之一到十倍之间",
            description_en="Purchases expected in 90 days are between a tenth and ten times those of the last 90 days",
            is_acceptable=True,
        ),
        Check(
            name="total_is_likely",
            expectation="ExpectColumnValuesToBeBetween",
            column="expected_over_made",
            arguments={"min_value": 0.33, "max_value": 3},
            severity="warning",
            description_zh="未来 90 天的预期购买次数在近 90 天实际次数的三分之一到三倍之间",
            description_en="Purchases expected in 90 days are between a third and three times those of the last 90",
        ),
    ),
)
