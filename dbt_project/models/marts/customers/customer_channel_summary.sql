{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

orders as (

    select * from {{ ref('int_profile_orders') }}

),

interactions as (

    select * from {{ ref('int_profile_interactions') }}

),

united as (

    select
        customer_id,
        channel,
        1 as source_profiles,
        0 as orders_count,
        0 as interactions_count,
        cast(0 as decimal(18, 2)) as net_revenue,
        registered_at as first_seen_at,
        registered_at as last_seen_at
    from profiles
    where is_profile

    union all

    select
        profiles.customer_id,
        orders.channel,
        0 as source_profiles,
        orders.orders_count,
        0 as interactions_count,
        cast(orders.gross_revenue - orders.refunded_amount as decimal(18, 2)) as net_revenue,
        orders.first_purchase_at as first_seen_at,
        orders.last_purchase_at as last_seen_at
    from orders
    inner join profiles on orders.source_profile_id = profiles.source_profile_id

    union all

    select
        profiles.customer_id,
        interactions.channel,
        0 as source_profiles,
        0 as orders_count,
        interactions.interactions_count,
        cast(0 as decimal(18, 2)) as net_revenue,
        interactions.first_interaction_at as first_seen_at,
        interactions.last_interaction_at as last_seen_at
    from interactions
    inner join profiles on interactions.source_profile_id = profiles.source_profile_id

),

final as (

    select
        customer_id,
        channel,
        cast(sum(source_profiles) as int) as source_profiles,
        cast(sum(orders_count) as int) as orders_count,
        cast(sum(interactions_count) as bigint) as interactions_count,
        cast(sum(net_revenue) as decimal(18, 2)) as net_revenue,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from united
    group by customer_id, channel

)

select * from final
