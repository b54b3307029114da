with source as (

    {{ raw('app', 'events') }}

),

final as (

    select
        event_id,
        app_user_id,
        device_id,
        event_name,
        page,
        sku,
        category,
        occurred_at,
        _dlt_load_id as load_id
    from source

)

select * from final
