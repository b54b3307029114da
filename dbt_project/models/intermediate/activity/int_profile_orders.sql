{{ kept_by('source_profile_id', affected='affected_profiles') }}

with orders as (

    select * from {{ ref('int_orders') }}
    where
        held_reason is null
        and cast(ordered_at as date) <= {{ as_of() }}
        and (source_profile_id is null or {{ among_affected('source_profile_id') }})

),

-- an amount paid is dated by its order, an amount returned by its refund; both exist as of a day once they happened
dated as (

    select
        source_profile_id,
        channel,
        ordered_at,
        cast(ordered_at as date) as order_day,
        cast(returned_at as date) as taken_back_day,
        is_paid and cast(coalesce(paid_at, ordered_at) as date) <= {{ as_of() }} as is_sale,
        case when is_paid then gross_amount else 0 end as paid_amount,
        case when is_paid then gross_amount else 0 end - net_amount as returned_amount,
        cast(coalesce(refunded_at, ordered_at) as date) as return_day
    from orders

),

-- a sale of which nothing is left is no purchase from the day on that it was taken back
judged as (

    select
        *,
        is_sale and (taken_back_day is null or taken_back_day > {{ as_of() }}) as is_purchase
    from dated

),

final as (

    select
        source_profile_id,
        channel,
        cast(count(case when is_purchase then 1 end) as bigint) as orders_count,
        cast(count(case when is_sale and not is_purchase then 1 end) as bigint) as returned_orders,
        cast(count(case when is_purchase and {{ in_rfm_window('order_day') }} then 1 end) as bigint) as window_orders,
        cast(count(case when is_purchase and {{ in_last_days('order_day', 365, as_of()) }} then 1 end) as bigint)
            as orders_12m,
        cast(coalesce(sum(case when is_sale then paid_amount end), 0) as decimal(18, 2)) as gross_revenue,
        cast(coalesce(sum(case when is_purchase then paid_amount end), 0) as decimal(18, 2)) as kept_revenue,
        cast(coalesce(sum(case when return_day <= {{ as_of() }} then returned_amount end), 0) as decimal(18, 2))
            as refunded_amount,
        cast(
            coalesce(sum(case when is_sale and {{ in_rfm_window('order_day') }} then paid_amount end), 0)
            - coalesce(sum(case when {{ in_rfm_window('return_day') }} then returned_amount end), 0)
            as decimal(18, 2)
        ) as window_revenue,
        cast(
            coalesce(sum(case
                when is_sale and {{ in_last_days('order_day', var('spend_window_days', 180), as_of()) }}
                    then paid_amount
            end), 0)
            - coalesce(sum(case
                when {{ in_last_days('return_day', var('spend_window_days', 180), as_of()) }} then returned_amount
            end), 0)
            as decimal(18, 2)
        ) as recent_revenue,
        max(case when is_purchase and {{ in_rfm_window('order_day') }} then order_day end) as window_last_day,
        min(case when is_sale then ordered_at end) as first_sale_at,
        max(case when is_sale then ordered_at end) as last_sale_at,
        min(case when is_purchase then ordered_at end) as first_purchase_at,
        max(case when is_purchase then ordered_at end) as last_purchase_at
    from judged
    group by source_profile_id, channel

)

select * from final
