with united as (
    {{ united('orders') }}
),

final as (

    select
        channel || ':' || order_id as order_id,
        channel || ':' || native_id as source_profile_id,
        channel,
        status,
        is_paid,
        store_name,
        currency,
        gross_amount,
        coalesce(refund_amount, 0) as refund_amount,
        -- an order that was never paid brings nothing; a credit note without its order takes away
        cast(
            case
                when status = 'refund' then -coalesce(refund_amount, 0)
                when is_paid then gross_amount - coalesce(refund_amount, 0)
                else 0
            end as decimal(18, 2)
        ) as net_amount,
        ordered_at,
        paid_at,
        refunded_at
    from united

)

select * from final
