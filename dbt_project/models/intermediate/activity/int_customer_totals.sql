{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

profile_orders as (

    select * from {{ ref('int_profile_orders') }}

),

profile_interactions as (

    select * from {{ ref('int_profile_interactions') }}

),

customers as (

    select
        customer_id,
        cast(count(*) as bigint) as source_profiles,
        min(case when cast(registered_at as date) <= {{ as_of() }} then registered_at end) as registered_at
    from profiles
    where is_profile
    group by customer_id

),

orders as (

    select
        profiles.customer_id,
        sum(profile_orders.orders_count) as orders_count,
        sum(profile_orders.returned_orders) as returned_orders,
        sum(profile_orders.window_orders) as window_orders,
        sum(profile_orders.orders_12m) as orders_12m,
        sum(profile_orders.gross_revenue) as gross_revenue,
        sum(profile_orders.kept_revenue) as kept_revenue,
        sum(profile_orders.refunded_amount) as refunded_amount,
        sum(profile_orders.window_revenue) as window_revenue,
        sum(profile_orders.recent_revenue) as recent_revenue,
        max(profile_orders.window_last_day) as window_last_day,
        min(profile_orders.first_sale_at) as first_sale_at,
        max(profile_orders.last_sale_at) as last_sale_at,
        min(profile_orders.first_purchase_at) as first_purchase_at,
        max(profile_orders.last_purchase_at) as last_purchase_at
    from profile_orders
    inner join profiles on profile_orders.source_profile_id = profiles.source_profile_id
    group by profiles.customer_id

),

interactions as (

    select
        profiles.customer_id,
        sum(profile_interactions.interactions_count) as interactions_count,
        sum(profile_interactions.interactions_30d) as interactions_30d,
        min(profile_interactions.first_interaction_at) as first_interaction_at,
        max(profile_interactions.last_interaction_at) as last_interaction_at
    from profile_interactions
    inner join profiles on profile_interactions.source_profile_id = profiles.source_profile_id
    group by profiles.customer_id

),

final as (

    select
        customers.customer_id,
        customers.source_profiles,
        cast(coalesce(orders.orders_count, 0) as bigint) as orders_count,
        cast(coalesce(orders.returned_orders, 0) as bigint) as returned_orders,
        cast(coalesce(orders.window_orders, 0) as bigint) as window_orders,
        cast(coalesce(orders.orders_12m, 0) as bigint) as orders_12m,
        cast(coalesce(orders.gross_revenue, 0) as decimal(18, 2)) as gross_revenue,
        cast(coalesce(orders.kept_revenue, 0) as decimal(18, 2)) as kept_revenue,
        cast(coalesce(orders.refunded_amount, 0) as decimal(18, 2)) as refunded_amount,
        cast(coalesce(orders.gross_revenue, 0) - coalesce(orders.refunded_amount, 0) as decimal(18, 2)) as net_revenue,
        cast(coalesce(orders.window_revenue, 0) as decimal(18, 2)) as window_revenue,
        cast(coalesce(orders.recent_revenue, 0) as decimal(18, 2)) as recent_revenue,
        cast(coalesce(interactions.interactions_count, 0) as bigint) as interactions_count,
        cast(coalesce(interactions.interactions_30d, 0) as bigint) as interactions_30d,
        orders.window_last_day,
        customers.registered_at,
        orders.first_purchase_at,
        orders.last_purchase_at,
        interactions.first_interaction_at,
        interactions.last_interaction_at,
        least(customers.registered_at, orders.first_sale_at, interactions.first_interaction_at) as first_seen_at,
        greatest(customers.registered_at, orders.last_sale_at, interactions.last_interaction_at) as last_seen_at
    from customers
    left join orders on customers.customer_id = orders.customer_id
    left join interactions on customers.customer_id = interactions.customer_id

)

select * from final
