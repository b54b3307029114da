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

assignments as (

    select * from {{ ref('int_campaign_assignments') }}
    where assigned_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

journey_events as (

    select * from {{ ref('journey_events') }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where is_paid and ordered_at < {{ as_of_end() }} and (returned_at is null or returned_at >= {{ as_of_end() }})

),

refunds as (

    select * from {{ ref('int_orders') }}
    where is_paid and refunded_at < {{ as_of_end() }}

),

-- what a tool reports about a message is no `interaction`: the hold-out gets none, and unsubscribing is no success
interactions as (

    select * from {{ ref('int_interactions') }}
    where interaction_day <= {{ as_of() }}

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
    union
    select coalesce(redirects.customer_id, assignments.customer_id) as customer_id
    from assignments
    left join redirects on assignments.customer_id = redirects.retired_customer_id

),

-- no campaign with a goal: nothing of its kind is read
wanted as (

    select distinct goal from campaigns

),

wanted_events as (

    select journey_events.*
    from journey_events
    inner join wanted on journey_events.event = wanted.goal

),

people as (

    select
        customer_profiles.source_profile_id,
        customer_profiles.customer_id,
        customer_profiles.registered_at
    from customer_profiles
    inner join people_of_interest on customer_profiles.customer_id = people_of_interest.customer_id

),

purchases as (

    select
        'purchase' as goal,
        people.customer_id,
        orders.order_id as event_id,
        orders.net_amount,
        orders.ordered_at as occurred_at
    from orders
    inner join people on orders.source_profile_id = people.source_profile_id

),

revenue as (

    select
        wanted.goal,
        purchases.customer_id,
        purchases.event_id,
        purchases.net_amount,
        purchases.occurred_at
    from wanted
    inner join purchases on wanted.goal = 'revenue'

),

contacts as (

    select
        wanted.goal,
        people.customer_id,
        interactions.interaction_id as event_id,
        cast(0 as decimal(18, 2)) as net_amount,
        interactions.occurred_at
    from wanted
    inner join interactions
        on wanted.goal = 'interaction'
        and interactions.is_inbound
        and interactions.channel <> 'operations'
    inner join people on interactions.source_profile_id = people.source_profile_id

),

-- an event of journeys: something the customer did, a refund, a registration
events as (

    select
        wanted_events.event as goal,
        people.customer_id,
        interactions.interaction_id as event_id,
        interactions.occurred_at
    from wanted_events
    inner join interactions
        on wanted_events.source = 'interaction'
        and wanted_events.interaction_kind = interactions.kind
    inner join people on interactions.source_profile_id = people.source_profile_id
    union all
    select
        wanted_events.event as goal,
        people.customer_id,
        refunds.order_id as event_id,
        refunds.refunded_at as occurred_at
    from wanted_events
    inner join refunds on wanted_events.source = 'refund'
    inner join people on refunds.source_profile_id = people.source_profile_id
    union all
    select
        wanted_events.event as goal,
        people.customer_id,
        people.source_profile_id as event_id,
        people.registered_at as occurred_at
    from wanted_events
    inner join people on wanted_events.source = 'profile' and people.registered_at < {{ as_of_end() }}

),

final as (

    select * from purchases
    union all
    select * from revenue
    union all
    select * from contacts
    union all
    select
        goal,
        customer_id,
        event_id,
        cast(0 as decimal(18, 2)) as net_amount,
        occurred_at
    from events

)

select * from final
