with transitions as (

    select * from {{ ref('journey_transitions') }}
    where cause = 'task_set'

),

journeys as (

    select * from {{ ref('int_journeys') }}

),

final as (

    select
        transitions.run_id,
        transitions.journey_id,
        transitions.customer_id,
        transitions.from_step as step,
        transitions.detail as task,
        journeys.owner,
        transitions.version,
        transitions.happened_at as set_at
    from transitions
    left join journeys on transitions.journey_id = journeys.journey_id

)

select * from final
