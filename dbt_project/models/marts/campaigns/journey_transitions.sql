with log as (

    select * from {{ ref('int_journey_log') }}

),

runs as (

    select * from {{ ref('journey_runs') }}

),

final as (

    select
        log.run_id,
        log.journey_id,
        runs.customer_id,
        log.from_step,
        log.to_step,
        log.cause,
        log.detail,
        log.version,
        log.transition_no,
        log.happened_at,
        log.seen_on
    from log
    inner join runs on log.run_id = runs.run_id
    where log.seen_on <= {{ as_of() }}

)

select * from final
