{{ config(materialized='view') }}

with id_events as (

    select * from {{ ref('int_identity__id_events') }}

),

reason_texts as (

    select * from {{ ref('int_identity__reason_texts') }}

),

final as (

    select
        id_events.event_id,
        id_events.run_id,
        id_events.event,
        id_events.from_customer_id,
        id_events.to_customer_id,
        id_events.cause,
        coalesce(reason_texts.text_zh, id_events.cause) as cause_zh,
        coalesce(reason_texts.text_en, id_events.cause) as cause_en,
        id_events.edges,
        id_events.profiles,
        id_events.edge_count,
        id_events.happened_at
    from id_events
    left join reason_texts on id_events.cause = reason_texts.reason
    -- a warehouse of before this table has rows of another kind
    where id_events.event_id is not null

)

select * from final
