with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

journey_events as (

    select * from {{ ref('journey_events') }}

),

orders as (

    select
        bool_or(is_paid) as has_purchases,
        bool_or(is_paid and refunded_at is not null) as has_refunds
    from {{ ref('int_orders') }}
    where ordered_at < {{ as_of_end() }}

),

profiles as (

    select bool_or(registered_at is not null) as has_registrations from {{ ref('int_customer_profiles') }}

),

kinds as (

    select
        kind,
        bool_or(is_inbound and channel <> 'operations') as is_contact
    from {{ ref('int_interactions') }}
    where interaction_day <= {{ as_of() }}
    group by kind

),

goals as (

    select distinct goal from campaigns

),

-- goals that are events of journeys, by the kind of interaction where they are one
of_events as (

    select
        journey_events.event as goal,
        bool_or(
            kinds.kind is not null
            or (journey_events.source = 'order' and orders.has_purchases)
            or (journey_events.source = 'refund' and orders.has_refunds)
            or (journey_events.source = 'profile' and profiles.has_registrations)
        ) as has_data,
        bool_or(journey_events.interaction_kind like 'message%') as is_of_messages
    from journey_events
    cross join orders
    cross join profiles
    left join kinds on journey_events.interaction_kind = kinds.kind
    group by journey_events.event

),

contacts as (

    select bool_or(is_contact) as has_contacts from kinds

),

final as (

    select
        goals.goal,
        coalesce(
            case goals.goal
                when 'revenue' then orders.has_purchases
                when 'interaction' then contacts.has_contacts
                else of_events.has_data
            end,
            false
        ) as has_data,
        coalesce(of_events.is_of_messages, false) as is_of_messages
    from goals
    cross join orders
    cross join contacts
    left join of_events on goals.goal = of_events.goal

)

select * from final
