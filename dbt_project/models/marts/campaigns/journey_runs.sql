with runs as (

    select * from {{ ref('int_journey_runs') }}

),

customers as (

    select * from {{ ref('customers') }}

),

final as (

    select
        runs.run_id,
        runs.journey_id,
        runs.customer_id,
        runs.entity_id,
        runs.step,
        runs.last_step,
        runs.cause,
        runs.detail,
        runs.is_live,
        runs.version,
        runs.transitions,
        runs.entered_at,
        runs.since
    from runs
    inner join customers on runs.customer_id = customers.customer_id

)

select * from final
