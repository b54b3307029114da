{%- set days = var('daily_metrics_days', 730) -%}
with orders as (

    select * from {{ ref('int_orders') }}

),

interactions_daily as (

    select * from {{ ref('int_interactions_daily') }}
    where {{ in_last_days('interaction_day', days, as_of()) }}

),

feedback as (

    select * from {{ ref('int_feedback') }}
    where kind = 'ticket' and {{ in_last_days('cast(occurred_at as date)', days, as_of()) }}

),

customers as (

    select * from {{ ref('customers') }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

test_profiles as (

    select source_profile_id from {{ ref('int_profiles') }}
    where is_test

),

calendar as (

    select {{ add_days(as_of(), '-n') }} as metric_date
    from {{ series(days, 'r', 'n') }}

),

-- a sale without a known buyer is revenue too; a test account's is not
sales as (

    select
        customer_profiles.customer_id,
        cast(orders.ordered_at as date) as order_day,
        cast(coalesce(orders.refunded_at, orders.ordered_at) as date) as return_day,
        orders.is_paid and cast(coalesce(orders.paid_at, orders.ordered_at) as date) <= {{ as_of() }} as is_purchase,
        case when orders.is_paid then orders.gross_amount else 0 end as paid_amount,
        case when orders.is_paid then orders.gross_amount else 0 end - orders.net_amount as returned_amount
    from orders
    left join customer_profiles on orders.source_profile_id = customer_profiles.source_profile_id
    left join test_profiles on orders.source_profile_id = test_profiles.source_profile_id
    where test_profiles.source_profile_id is null

),

purchases_by_day as (

    select
        order_day as metric_date,
        count(*) as orders,
        count(distinct customer_id) as buyers,
        sum(paid_amount) as paid_amount
    from sales
    where is_purchase and {{ in_last_days('order_day', days, as_of()) }}
    group by order_day

),

returns_by_day as (

    select
        return_day as metric_date,
        sum(returned_amount) as returned_amount
    from sales
    where returned_amount <> 0 and {{ in_last_days('return_day', days, as_of()) }}
    group by return_day

),

interactions_by_day as (

    select
        interactions_daily.interaction_day as metric_date,
        sum(interactions_daily.interactions) as interactions,
        count(distinct customer_profiles.customer_id) as active_customers
    from interactions_daily
    inner join customer_profiles on interactions_daily.source_profile_id = customer_profiles.source_profile_id
    group by interactions_daily.interaction_day

),

new_by_day as (

    select
        cast(first_seen_at as date) as metric_date,
        count(*) as new_customers
    from customers
    group by cast(first_seen_at as date)

),

tickets_by_day as (

    select
        cast(occurred_at as date) as metric_date,
        count(*) as tickets,
        count(case when ticket_type = 'complaint' then 1 end) as complaints
    from feedback
    group by cast(occurred_at as date)

),

final as (

    select
        cast(coalesce(new_by_day.new_customers, 0) as int) as new_customers,
        cast(coalesce(purchases_by_day.orders, 0) as int) as orders,
        cast(coalesce(purchases_by_day.buyers, 0) as int) as buyers,
        cast(coalesce(purchases_by_day.paid_amount, 0) - coalesce(returns_by_day.returned_amount, 0) as decimal(18, 2))
            as net_revenue,
        cast(coalesce(returns_by_day.returned_amount, 0) as decimal(18, 2)) as refunded_amount,
        cast(coalesce(interactions_by_day.interactions, 0) as bigint) as interactions,
        cast(coalesce(interactions_by_day.active_customers, 0) as int) as active_customers,
        cast(coalesce(tickets_by_day.tickets, 0) as int) as tickets,
        cast(coalesce(tickets_by_day.complaints, 0) as int) as complaints,
        calendar.metric_date
    from calendar
    left join purchases_by_day on calendar.metric_date = purchases_by_day.metric_date
    left join returns_by_day on calendar.metric_date = returns_by_day.metric_date
    left join interactions_by_day on calendar.metric_date = interactions_by_day.metric_date
    left join new_by_day on calendar.metric_date = new_by_day.metric_date
    left join tickets_by_day on calendar.metric_date = tickets_by_day.metric_date

)

select * from final
