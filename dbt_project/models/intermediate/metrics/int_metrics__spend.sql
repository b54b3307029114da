{{ kept_by('customer_id') }}

with totals as (

    select * from {{ ref('int_customer_totals') }}
    where {{ among_affected('customer_id') }}

),

final as (

    select
        customer_id,
        cast(case when orders_count > 0 then net_revenue end as decimal(18, 2)) as total_spend,
        cast(case when orders_count > 0 then recent_revenue end as decimal(18, 2)) as spend_6m,
        cast(round(kept_revenue / nullif(orders_count, 0), 2) as decimal(18, 2)) as average_order_value,
        cast(round(refunded_amount / nullif(gross_revenue, 0), 4) as double) as refund_share,
        case when orders_count > 0 then orders_count end as purchases,
        cast(last_purchase_at as date) as last_purchase_day
    from totals

)

select * from final
