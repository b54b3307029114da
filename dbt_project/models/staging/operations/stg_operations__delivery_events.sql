with source as (

    {{ newest('operations', 'delivery_events', key=['event_id'], newest_by='updated_at') }}

),

final as (

    select
        event_id,
        delivery_id,
        event,
        detail,
        occurred_at,
        received_at,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
