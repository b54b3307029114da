"""Marts out: each customer's revenue is the sum of their orders, computed here a second time from the orders."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

CUSTOMERS = "warehouse.marts.customers"
CHANNELS = "warehouse.marts.customer_channel_summary"
ORDERS = "warehouse.intermediate.int_orders"
PROFILES = "warehouse.intermediate.int_profiles"
CUSTOMER_MAP = "warehouse.identity.customer_map"

CENT = 0.01


def relation(sources: Sources) -> str:
    """One row per customer: their net revenue minus that of their orders, and minus that of their channels."""
    return f"""
with as_of as (
    select max(as_of) as day from {CUSTOMERS}
),
order_revenue as (
    select
        customer_map.customer_id,
        sum(case when orders.is_paid and coalesce(orders.paid_at, orders.ordered_at)::date <= as_of.day
            then orders.gross_amount else 0 end)
        - sum(case when orders.ordered_at::date <= as_of.day
            and coalesce(orders.refunded_at, orders.ordered_at)::date <= as_of.day
            then case when orders.is_paid then orders.gross_amount else 0 end - orders.net_amount else 0 end)
            as net_revenue
    from {ORDERS} as orders
    inner join {CUSTOMER_MAP} as customer_map on orders.source_profile_id = customer_map.source_profile_id
    inner join {PROFILES} as profiles on orders.source_profile_id = profiles.source_profile_id
    cross join as_of
    where not coalesce(profiles.is_test, false)
    group by customer_map.customer_id
),
channel_revenue as (
    select customer_id, sum(net_revenue) as net_revenue
    from {CHANNELS}
    group by customer_id
),
final as (
    select
        customers.customer_id,
        customers.net_revenue,
        (customers.net_revenue - coalesce(order_revenue.net_revenue, 0))::double as against_orders,
        (customers.net_revenue - coalesce(channel_revenue.net_revenue, 0))::double as against_channels
    from {CUSTOMERS} as customers
    left join order_revenue on customers.customer_id = order_revenue.customer_id
    left join channel_revenue on customers.customer_id = channel_revenue.customer_id
)
select * from final"""


def _equal(name: str, column: str, zh: str, en: str) -> Check:
    return Check(
        name=name,
        expectation="ExpectColumnValuesToBeBetween",
        column=column,
        arguments={"min_value": -CENT, "max_value": CENT},
        severity="critical",
        description_zh=zh,
        description_en=en,
    )


SUITE = Suite(
    boundary="marts",
    name="revenue",
    table="marts.customers",
    keys=("customer_id", "net_revenue"),
    relation=relation,
    requires=(CUSTOMERS, CHANNELS, ORDERS, PROFILES, CUSTOMER_MAP),
    checks=(
        _equal(
            "equals_orders",
            "against_orders",
            "客户净收入等于其订单之和",
            "A customer's revenue is that of their orders",
        ),
        _equal(
            "equals_channels",
            "against_channels",
            "客户净收入等于各渠道之和",
            "A customer's revenue is that of their channels",
        ),
    ),
)
