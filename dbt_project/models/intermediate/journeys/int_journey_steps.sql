{{ config(materialized='view') }}

with steps as (

    select * from {{ ref('stg_operations__journey_steps') }}

),

messages as (

    select * from {{ ref('stg_operations__campaign_steps') }}

),

final as (

    select
        steps.journey_id,
        steps.name as step,
        steps.kind,
        coalesce(messages.template, steps.task, steps.event) as about,
        steps.then_step,
        steps.else_step,
        cast(steps.version as int) as version,
        cast(steps.position as int) as position,
        cast(steps.message as int) as message,
        cast(steps.wait_days as int) as wait_days
    from steps
    left join messages
        on steps.journey_id = messages.campaign_id
        and steps.version = messages.version
        and steps.message = messages.step

)

select * from final
