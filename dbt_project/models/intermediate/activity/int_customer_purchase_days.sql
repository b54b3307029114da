{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where held_reason is null and cast(ordered_at as date) <= {{ as_of() }}

),

-- as int_profile_orders dates them: an amount paid by its order, an amount returned by its refund
dated as (

    select
        profiles.customer_id,
        cast(orders.ordered_at as date) as order_day,
        cast(orders.returned_at as date) as taken_back_day,
        cast(coalesce(orders.refunded_at, orders.ordered_at) as date) as return_day,
        orders.is_paid and cast(coalesce(orders.paid_at, orders.ordered_at) as date) <= {{ as_of() }} as is_sale,
        case when orders.is_paid then orders.gross_amount else 0 end as paid_amount,
        case when orders.is_paid then orders.gross_amount else 0 end - orders.net_amount as returned_amount
    from orders
    inner join profiles on orders.source_profile_id = profiles.source_profile_id

),

judged as (

    select
        customer_id,
        order_day,
        is_sale and (taken_back_day is null or taken_back_day > {{ as_of() }}) as is_purchase,
        case when is_sale then paid_amount else 0 end
        - case when return_day <= {{ as_of() }} then returned_amount else 0 end as net_amount
    from dated

),

-- a credit note, or a sale that was taken back whole, belongs to the purchase before it, else to the first one
placed as (

    select
        *,
        coalesce(
            max(case when is_purchase then order_day end) over (
                partition by customer_id
                order by order_day
                range between unbounded preceding and current row
            ),
            min(case when is_purchase then order_day end) over (partition by customer_id)
        ) as purchase_day
    from judged

),

final as (

    select
        customer_id,
        cast(count(case when is_purchase then 1 end) as int) as orders,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        purchase_day
    from placed
    where purchase_day is not null
    group by customer_id, purchase_day

)

select * from final
