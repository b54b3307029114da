with source as (

    {{ raw('web', 'events') }}

),

final as (

    select
        event_id,
        cookie_id,
        shop_customer_id,
        event_name,
        url,
        referrer,
        sku,
        category,
        occurred_at,
        _dlt_load_id as load_id
    from source

)

select * from final
