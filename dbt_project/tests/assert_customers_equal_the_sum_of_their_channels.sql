-- Customers whose totals are not the sums over the channels.
with channels as (

    select
        customer_id,
        sum(source_profiles) as source_profiles,
        sum(orders_count) as orders_count,
        sum(interactions_count) as interactions_count,
        sum(net_revenue) as net_revenue
    from {{ ref('customer_channel_summary') }}
    group by customer_id

)

select customers.customer_id
from {{ ref('customers') }} as customers
left join channels on customers.customer_id = channels.customer_id
where
    customers.source_profiles <> coalesce(channels.source_profiles, 0)
    or customers.orders_count <> coalesce(channels.orders_count, 0)
    or customers.interactions_count <> coalesce(channels.interactions_count, 0)
    or customers.net_revenue <> coalesce(channels.net_revenue, 0)
    or customers.net_revenue <> customers.gross_revenue - customers.refunded_amount
