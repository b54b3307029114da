with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}

),

holdouts as (

    select * from {{ ref('int_campaign_holdouts') }}
    where held_out_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where is_paid and ordered_at < {{ as_of_end() }} and (returned_at is null or returned_at >= {{ as_of_end() }})

),

-- what a tool reports about a message is no goal: the hold-out gets none, and unsubscribing is no success
interactions as (

    select * from {{ ref('int_interactions') }}
    where is_inbound and channel <> 'operations' and interaction_day <= {{ as_of() }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

people_of_interest as (

    select customer_id from deliveries
    union
    select coalesce(redirects.customer_id, holdouts.customer_id) as customer_id
    from holdouts
    left join redirects on holdouts.customer_id = redirects.retired_customer_id

),

purchases as (

    select
        'purchase' as goal,
        customer_profiles.customer_id,
        orders.order_id as event_id,
        orders.net_amount,
        orders.ordered_at as occurred_at
    from orders
    inner join customer_profiles on orders.source_profile_id = customer_profiles.source_profile_id
    inner join people_of_interest on customer_profiles.customer_id = people_of_interest.customer_id

),

-- no campaign with this goal: no interaction is read
contacts as (

    select
        goals.goal,
        customer_profiles.customer_id,
        interactions.interaction_id as event_id,
        cast(0 as decimal(18, 2)) as net_amount,
        interactions.occurred_at
    from (
        select distinct goal from campaigns
        where goal = 'interaction'
    ) as goals
    cross join interactions
    inner join customer_profiles on interactions.source_profile_id = customer_profiles.source_profile_id
    inner join people_of_interest on customer_profiles.customer_id = people_of_interest.customer_id

),

final as (

    select * from purchases
    union all
    select * from contacts

)

select * from final
