"""Marts out: the sales of all customers together are the sales of the orders, whoever the map of customers forgot."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TOTALS = "warehouse.marts.order_totals"
CUSTOMERS = "warehouse.marts.customers"
CHANNELS = "warehouse.marts.customer_channel_summary"
CURRENCIES = "warehouse.intermediate.int_order_currencies"

CENT = 0.01
# Fewer sales than this say nothing about a channel.
MIN_SALES = 100


def relation(sources: Sources) -> str:
    """One row per channel, and one over all: what its orders hold that is in no customer.

    The sums over customers and over orders are taken apart from each other: nothing is joined but totals.
    """
    return f"""
with ordered as (
    select
        channel,
        customer_sales as sales,
        customer_revenue as revenue,
        case when customer_sales >= {MIN_SALES} then unlisted_sales / customer_sales else 0 end as unlisted_share,
        case when customer_sales >= {MIN_SALES} then largest_buyer_sales / customer_sales else 0 end
            as largest_buyer_share
    from {TOTALS}
),
stitched as (
    select channel, sum(net_revenue) as revenue
    from {CHANNELS}
    group by channel
),
by_channel as (
    select
        coalesce(ordered.channel, stitched.channel) as channel,
        0 as sales_in_no_customer,
        (coalesce(ordered.revenue, 0) - coalesce(stitched.revenue, 0))::double as revenue_in_no_customer,
        ordered.unlisted_share::double as unlisted_share,
        ordered.largest_buyer_share::double as largest_buyer_share
    from ordered
    full join stitched on ordered.channel = stitched.channel
),
all_orders as (
    select coalesce(sum(sales), 0) as sales, coalesce(sum(revenue), 0) as revenue
    from ordered
),
all_customers as (
    select
        coalesce(sum(orders_count + returned_orders_count), 0) as sales,
        coalesce(sum(net_revenue), 0) as revenue
    from {CUSTOMERS}
),
overall as (
    select
        '(all)' as channel,
        all_orders.sales - all_customers.sales as sales_in_no_customer,
        (all_orders.revenue - all_customers.revenue)::double as revenue_in_no_customer,
        0 as unlisted_share,
        0 as largest_buyer_share
    from all_orders
    cross join all_customers
),
united as (
    select * from by_channel
    union all
    select * from overall
),
final as (
    select
        united.*,
        united.channel <> '(all)' or coalesce((select bool_and(is_settled) from {CURRENCIES}), true)
            as is_currency_settled
    from united
)
select * from final"""


SUITE = Suite(
    boundary="marts",
    name="order_totals",
    table="marts.order_totals",
    keys=("channel",),
    relation=relation,
    requires=(TOTALS, CUSTOMERS, CHANNELS, CURRENCIES),
    checks=(
        Check(
            name="revenue_is_in_customers",
            expectation="ExpectColumnValuesToBeBetween",
            column="revenue_in_no_customer",
            arguments={"min_value": -CENT, "max_value": CENT},
            severity="critical",
            description_zh="每个渠道有客户的订单净收入，都在客户名下",
            description_en="The revenue of every channel's named orders is in customers, all of it and once",
        ),
        Check(
            name="sales_are_in_customers",
            expectation="ExpectColumnValuesToBeBetween",
            column="sales_in_no_customer",
            arguments={"min_value": 0, "max_value": 0},
            severity="critical",
            description_zh="有客户的已支付订单都在客户名下",
            description_en="Every paid order that names a customer is in a customer, once",
        ),
        Check(
            name="buyers_are_listed",
            expectation="ExpectColumnValuesToBeBetween",
            column="unlisted_share",
            arguments=lambda limits: {"max_value": limits.unlisted_sales_share},
            severity="warning",
            description_zh="渠道订单的客户大多在该渠道名单中；否则两边的客户编号写法可能不同（空格、.0、前导零）",
            description_en=(
                "Most sales of a channel are of people in its list; "
                "else the two may write ids differently (blanks, .0, leading zeros)"
            ),
        ),
        Check(
            name="no_buyer_has_most_sales",
            expectation="ExpectColumnValuesToBeBetween",
            column="largest_buyer_share",
            arguments=lambda limits: {"max_value": limits.largest_buyer_share},
            severity="warning",
            description_zh="没有一个客户占去渠道订单的大部分；那多半是收银或游客账户",
            description_en="No profile has a large share of a channel's sales, as a till's or a guest's account would",
        ),
        Check(
            name="currency_is_settled",
            expectation="ExpectColumnValuesToBeInSet",
            column="is_currency_settled",
            arguments={"value_set": [True]},
            severity="warning",
            description_zh="订单有多种币种时，已在 reporting_currency 中选定报表币种",
            description_en="Where orders have several currencies, the var reporting_currency says which is reported",
        ),
    ),
)
