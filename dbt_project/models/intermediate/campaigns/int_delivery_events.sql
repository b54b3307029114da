with delivery_events as (

    select * from {{ ref('stg_operations__delivery_events') }}
    where occurred_at < {{ as_of_end() }}

),

final as (

    select
        event_id,
        delivery_id,
        event,
        detail,
        occurred_at
    from delivery_events

)

select * from final
