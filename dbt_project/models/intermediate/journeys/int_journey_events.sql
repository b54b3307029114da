{#- Only what a registered journey asks for, of the days that a run may still have to look at. -#}
{%- set first_day = add_days(as_of(), '-' ~ var('journey_event_days')) -%}
with journeys as (

    select * from {{ ref('stg_operations__journeys') }}
    where is_active and entry_event is not null

),

steps as (

    select * from {{ ref('stg_operations__journey_steps') }}
    where event is not null

),

exits as (

    select * from {{ ref('stg_operations__journey_exits') }}

),

journey_events as (

    select * from {{ ref('journey_events') }}

),

orders as (

    select * from {{ ref('int_orders') }}
    where is_paid and source_profile_id is not null and ordered_at < {{ as_of_end() }}

),

interactions as (

    select * from {{ ref('int_interactions') }}
    where
        interaction_day between {{ first_day }} and {{ as_of() }}
        and occurred_at < {{ as_of_end() }}
        and source_profile_id is not null

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

asked_for as (

    select entry_event as event from journeys
    union
    select event from steps
    union
    select event from exits

),

wanted as (

    select journey_events.*
    from journey_events
    inner join asked_for on journey_events.event = asked_for.event

),

happened as (

    select
        wanted.event,
        orders.source_profile_id,
        orders.order_id as entity_id,
        orders.ordered_at as occurred_at
    from wanted
    inner join orders on wanted.source = 'order' and orders.ordered_at >= {{ first_day }} and orders.returned_at is null
    union all
    select
        wanted.event,
        orders.source_profile_id,
        orders.order_id as entity_id,
        orders.refunded_at as occurred_at
    from wanted
    inner join orders
        on wanted.source = 'refund' and orders.refunded_at >= {{ first_day }} and orders.refunded_at < {{ as_of_end() }}
    union all
    select
        wanted.event,
        customer_profiles.source_profile_id,
        customer_profiles.source_profile_id as entity_id,
        customer_profiles.registered_at as occurred_at
    from wanted
    inner join customer_profiles
        on wanted.source = 'profile'
        and customer_profiles.registered_at >= {{ first_day }}
        and customer_profiles.registered_at < {{ as_of_end() }}
    union all
    select
        wanted.event,
        interactions.source_profile_id,
        interactions.interaction_id as entity_id,
        interactions.occurred_at
    from wanted
    inner join interactions on wanted.source = 'interaction' and wanted.interaction_kind = interactions.kind

),

final as (

    select
        customer_profiles.customer_id,
        happened.event,
        happened.entity_id,
        min(happened.occurred_at) as occurred_at
    from happened
    inner join customer_profiles on happened.source_profile_id = customer_profiles.source_profile_id
    group by customer_profiles.customer_id, happened.event, happened.entity_id

)

select * from final
