{%- set days = var('daily_metrics_days', 730) -%}
with daily_channel_metrics as (

    select * from {{ ref('daily_channel_metrics') }}

),

customer_daily_activity as (

    select * from {{ ref('customer_daily_activity') }}
    where {{ in_last_days('activity_day', days, as_of()) }}

),

calendar as (

    select {{ add_days(as_of(), '-n') }} as metric_date
    from {{ series(days, 'r', 'n') }}

),

added_up as (

    select
        metric_date,
        sum(new_customers) as new_customers,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue,
        sum(refunded_amount) as refunded_amount,
        sum(interactions) as interactions,
        sum(tickets) as tickets,
        sum(complaints) as complaints
    from daily_channel_metrics
    group by metric_date

),

-- who was there in two channels on a day is one customer
counted_once as (

    select
        activity_day as metric_date,
        count(distinct case when orders > 0 then customer_id end) as buyers,
        count(distinct case when interactions > 0 then customer_id end) as active_customers
    from customer_daily_activity
    group by activity_day

),

final as (

    select
        cast(coalesce(added_up.new_customers, 0) as int) as new_customers,
        cast(coalesce(added_up.orders, 0) as int) as orders,
        cast(coalesce(counted_once.buyers, 0) as int) as buyers,
        cast(coalesce(added_up.net_revenue, 0) as decimal(18, 2)) as net_revenue,
        cast(coalesce(added_up.refunded_amount, 0) as decimal(18, 2)) as refunded_amount,
        cast(coalesce(added_up.interactions, 0) as bigint) as interactions,
        cast(coalesce(counted_once.active_customers, 0) as int) as active_customers,
        cast(coalesce(added_up.tickets, 0) as int) as tickets,
        cast(coalesce(added_up.complaints, 0) as int) as complaints,
        calendar.metric_date
    from calendar
    left join added_up on calendar.metric_date = added_up.metric_date
    left join counted_once on calendar.metric_date = counted_once.metric_date

)

select * from final
