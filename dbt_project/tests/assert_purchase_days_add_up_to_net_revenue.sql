-- What the purchases of a customer brought is what the customer brought.
with days as (

    select
        customer_id,
        sum(orders) as orders,
        sum(net_amount) as net_amount
    from {{ rows_to_test(ref('int_customer_purchase_days'), ['customer_id']) }}
    group by customer_id

),

totals as (

    select * from {{ ref('int_customer_totals') }}

)

select
    days.customer_id,
    days.orders,
    totals.orders_count,
    days.net_amount,
    totals.net_revenue
from days
left join totals on days.customer_id = totals.customer_id
where days.orders is distinct from totals.orders_count or days.net_amount is distinct from totals.net_revenue
