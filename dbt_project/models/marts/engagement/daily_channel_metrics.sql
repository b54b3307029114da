{%- set days = var('daily_metrics_days', 730) -%}
with sales as (

    select * from {{ ref('int_dated_sales') }}

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

-- an amount paid is dated by its order, an amount returned by its refund; a sale without a known buyer is revenue too
united as (

    select
        channel,
        store_name,
        0 as new_customers,
        1 as orders,
        paid_amount,
        0 as returned_amount,
        0 as interactions,
        0 as tickets,
        0 as complaints,
        order_day as metric_date
    from sales
    where is_sale and {{ in_last_days('order_day', days, as_of()) }}

    union all

    select
        channel,
        store_name,
        0 as new_customers,
        0 as orders,
        0 as paid_amount,
        returned_amount,
        0 as interactions,
        0 as tickets,
        0 as complaints,
        return_day as metric_date
    from sales
    where returned_amount <> 0 and {{ in_last_days('return_day', days, as_of()) }}

    union all

    select
        interactions_daily.channel,
        cast(null as string) as store_name,
        0 as new_customers,
        0 as orders,
        0 as paid_amount,
        0 as returned_amount,
        interactions_daily.interactions,
        0 as tickets,
        0 as complaints,
        interactions_daily.interaction_day as metric_date
    from interactions_daily
    inner join customer_profiles on interactions_daily.source_profile_id = customer_profiles.source_profile_id

    union all

    select
        channel,
        cast(null as string) as store_name,
        0 as new_customers,
        0 as orders,
        0 as paid_amount,
        0 as returned_amount,
        0 as interactions,
        1 as tickets,
        case when ticket_type = 'complaint' then 1 else 0 end as complaints,
        cast(occurred_at as date) as metric_date
    from feedback

    union all

    select
        first_channel as channel,
        cast(null as string) as store_name,
        1 as new_customers,
        0 as orders,
        0 as paid_amount,
        0 as returned_amount,
        0 as interactions,
        0 as tickets,
        0 as complaints,
        cast(first_seen_at as date) as metric_date
    from customers
    where {{ in_last_days('cast(first_seen_at as date)', days, as_of()) }}

),

final as (

    select
        channel,
        store_name,
        cast(sum(new_customers) as int) as new_customers,
        cast(sum(orders) as int) as orders,
        cast(sum(paid_amount) - sum(returned_amount) as decimal(18, 2)) as net_revenue,
        cast(sum(returned_amount) as decimal(18, 2)) as refunded_amount,
        cast(sum(interactions) as bigint) as interactions,
        cast(sum(tickets) as int) as tickets,
        cast(sum(complaints) as int) as complaints,
        metric_date
    from united
    group by channel, store_name, metric_date

)

select * from final
