{{ kept_by('customer_id') }}

with totals as (

    select * from {{ ref('int_customer_totals') }}
    where orders_count > 0 and {{ among_affected('customer_id') }}

),

purchase_days as (

    select * from {{ ref('int_customer_purchase_days') }}
    where orders > 0 and {{ among_affected('customer_id') }}

),

ordered as (

    select
        customer_id,
        orders,
        net_amount,
        row_number() over (partition by customer_id order by purchase_day) as place,
        row_number() over (partition by customer_id order by purchase_day desc) as place_from_end,
        {{ in_last_days('purchase_day', 365, as_of()) }} as is_in_year,
        {{ in_last_days('purchase_day', 180, as_of()) }} as is_in_half_year
    from purchase_days

),

by_day as (

    select
        customer_id,
        cast(count(*) as bigint) as purchase_days,
        sum(net_amount) as net_amount,
        sum(case when is_in_year then net_amount end) as revenue_12m,
        sum(case when is_in_half_year then net_amount end) as revenue_6m,
        max(net_amount) as largest_day_amount,
        max(case when place = 1 then net_amount end) as first_day_amount,
        max(case when place_from_end = 1 then net_amount end) as last_day_amount
    from ordered
    group by customer_id

),

final as (

    select
        totals.customer_id,
        case when totals.net_revenue > 0 then totals.net_revenue end as net_revenue,
        case when by_day.revenue_12m > 0 then cast(by_day.revenue_12m as decimal(18, 2)) end as revenue_12m,
        case when by_day.revenue_6m > 0 then cast(by_day.revenue_6m as decimal(18, 2)) end as revenue_6m,
        -- how much of the year's revenue came in its newer half; a year with two purchases at least says something
        case
            when by_day.revenue_12m > 0 and totals.orders_12m >= 2
                then round({{ ratio('coalesce(by_day.revenue_6m, 0)', 'by_day.revenue_12m') }}, 4)
        end as recent_revenue_share,
        cast(totals.kept_revenue / totals.orders_count as decimal(18, 2)) as average_order_value,
        case when totals.orders_count >= 3 then cast(totals.kept_revenue / totals.orders_count as decimal(18, 2)) end
            as usual_order_value,
        cast(by_day.largest_day_amount as decimal(18, 2)) as largest_day_amount,
        case
            when by_day.purchase_days >= 3 and by_day.net_amount > 0
                then round({{ ratio('by_day.largest_day_amount', 'by_day.net_amount') }}, 4)
        end as largest_day_share,
        cast(by_day.first_day_amount as decimal(18, 2)) as first_day_amount,
        cast(by_day.last_day_amount as decimal(18, 2)) as last_day_amount,
        -- the latest purchase day against the mean of those before it
        case
            when by_day.purchase_days >= 3 and by_day.net_amount > by_day.last_day_amount
                then round(
                    {{ ratio(
                        'by_day.last_day_amount * (by_day.purchase_days - 1)',
                        'by_day.net_amount - by_day.last_day_amount'
                    ) }}, 4
                )
        end as last_day_change,
        case
            when by_day.purchase_days >= 2
                then cast(
                    totals.net_revenue / (
                        1 + floor({{ days_between('totals.first_purchase_at', 'totals.last_purchase_at') }} / 30.0)
                    ) as decimal(18, 2)
                )
        end as monthly_revenue,
        round({{ ratio('totals.refunded_amount', 'totals.gross_revenue') }}, 4) as refund_share
    from totals
    inner join by_day on totals.customer_id = by_day.customer_id

)

select * from final
