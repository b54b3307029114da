{#- CTE `entering`: who enters, of the CTEs journeys, exclusions, members, events, customers and standing. -#}
{% macro journey_entries() %}
by_segment as (

    select
        journeys.journey_id,
        members.customer_id,
        cast(null as string) as entity_id,
        cast({{ as_of() }} as timestamp) as entered_at
    from journeys
    inner join members on journeys.entry_segment = members.segment

),

-- an event lets in once; of several of one customer the first, where runs may not be concurrent
by_event as (

    select
        journeys.journey_id,
        events.customer_id,
        events.entity_id,
        events.occurred_at as entered_at
    from journeys
    inner join events on journeys.entry_event = events.event
    left join standing
        on journeys.journey_id = standing.journey_id
        and events.customer_id = standing.customer_id
        and events.entity_id = standing.entity_id
    where
        {{ days_between('events.occurred_at', as_of()) }} < journeys.entry_days
        and standing.run_id is null
    qualify journeys.is_concurrent or row_number() over (
        partition by journeys.journey_id, events.customer_id
        order by events.occurred_at, events.entity_id
    ) = 1

),

wanting_in as (

    select * from by_segment
    union all
    select * from by_event

),

earlier_runs as (

    select
        journey_id,
        customer_id,
        bool_or(step <> 'exit') as is_inside,
        max(case when step = 'exit' then seen_on end) as ended_on
    from standing
    group by journey_id, customer_id

),

-- by the journey's own file
may_enter as (

    select
        wanting_in.journey_id,
        wanting_in.customer_id,
        wanting_in.entity_id,
        journeys.version,
        journeys.first_step,
        journeys.priority,
        journeys.holdout_percent,
        wanting_in.entered_at
    from wanting_in
    inner join journeys on wanting_in.journey_id = journeys.journey_id
    inner join customers on wanting_in.customer_id = customers.customer_id
    left join earlier_runs
        on wanting_in.journey_id = earlier_runs.journey_id
        and wanting_in.customer_id = earlier_runs.customer_id
    where
        coalesce(journeys.entry_starts_on <= {{ as_of() }}, true)
        and coalesce(journeys.entry_ends_on >= {{ as_of() }}, true)
        and (
            journeys.is_concurrent
            or earlier_runs.customer_id is null
            or (
                not earlier_runs.is_inside
                and {{ days_between('earlier_runs.ended_on', as_of()) }} >= journeys.reentry_days
            )
        )

),

kept_out as (

    select distinct
        exclusions.journey_id,
        earlier_runs.customer_id
    from earlier_runs
    inner join exclusions on earlier_runs.journey_id = exclusions.other_journey_id
    where earlier_runs.is_inside

),

free_to_enter as (

    select may_enter.*
    from may_enter
    left join kept_out
        on may_enter.journey_id = kept_out.journey_id
        and may_enter.customer_id = kept_out.customer_id
    where kept_out.customer_id is null

),

-- the other journey takes the customer today; of two that exclude each other the one of the higher priority does
outranked as (

    select distinct
        free_to_enter.journey_id,
        free_to_enter.customer_id
    from free_to_enter
    inner join exclusions on free_to_enter.journey_id = exclusions.journey_id
    inner join free_to_enter as others
        on exclusions.other_journey_id = others.journey_id
        and free_to_enter.customer_id = others.customer_id
    left join exclusions as returned
        on others.journey_id = returned.journey_id
        and free_to_enter.journey_id = returned.other_journey_id
    where
        returned.journey_id is null
        or others.priority > free_to_enter.priority
        or (others.priority = free_to_enter.priority and others.journey_id < free_to_enter.journey_id)

),

entering as (

    select
        'r' || {{ surrogate_key(['free_to_enter.journey_id', 'free_to_enter.customer_id', 'free_to_enter.entity_id', as_of()]) }}
            as run_id,
        free_to_enter.journey_id,
        free_to_enter.customer_id,
        free_to_enter.entity_id,
        free_to_enter.version,
        free_to_enter.first_step as step,
        0 as transition_no,
        free_to_enter.entered_at,
        free_to_enter.entered_at as since,
        {{ is_held_out('free_to_enter.customer_id', 'free_to_enter.journey_id', 'free_to_enter.holdout_percent') }}
            as is_held_out
    from free_to_enter
    left join outranked
        on free_to_enter.journey_id = outranked.journey_id
        and free_to_enter.customer_id = outranked.customer_id
    where outranked.customer_id is null

)
{%- endmacro %}
