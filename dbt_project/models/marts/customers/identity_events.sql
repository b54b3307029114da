{{ config(materialized='view') }}

with id_events as (

    select * from {{ ref('int_identity__id_events') }}

),

reasons as (

    select * from {{ ref('int_identity__reasons') }}

),

final as (

    select
        id_events.event_id,
        id_events.run_id,
        id_events.event,
        id_events.from_customer_id,
        id_events.to_customer_id,
        id_events.cause,
        coalesce(reasons.text_zh, id_events.cause) as cause_zh,
        coalesce(reasons.text_en, id_events.cause) as cause_en,
        id_events.edges,
        id_events.profiles,
        id_events.edge_count,
        id_events.happened_at
    from id_events
    left join reasons on id_events.cause = reasons.reason
    -- a warehouse of before this table has rows of another kind
    where id_events.event_id is not null

)

select * from final
