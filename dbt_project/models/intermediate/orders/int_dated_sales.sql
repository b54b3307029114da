{#- Every mart by day reads it once; what it adds to the orders is two days: a view. -#}
{{ config(materialized='view') }}

with orders as (

    select * from {{ ref('int_orders') }}

),

test_profiles as (

    select source_profile_id from {{ ref('int_profiles') }}
    where is_test

),

final as (

    select
        orders.order_id,
        orders.source_profile_id,
        orders.channel,
        orders.store_name,
        orders.is_online,
        orders.status,
        orders.uses_coupon,
        orders.is_paid and cast(coalesce(orders.paid_at, orders.ordered_at) as date) <= {{ as_of() }} as is_sale,
        orders.is_paid
        and cast(coalesce(orders.paid_at, orders.ordered_at) as date) <= {{ as_of() }}
        and (orders.returned_at is null or cast(orders.returned_at as date) > {{ as_of() }}) as is_purchase,
        case when orders.is_paid then orders.gross_amount else 0 end as paid_amount,
        case when orders.is_paid then orders.gross_amount else 0 end - orders.net_amount as returned_amount,
        orders.ordered_at,
        cast(orders.ordered_at as date) as order_day,
        cast(coalesce(orders.refunded_at, orders.ordered_at) as date) as return_day
    from orders
    left join test_profiles on orders.source_profile_id = test_profiles.source_profile_id
    where test_profiles.source_profile_id is null

)

select * from final
