{{ newest_rows('sale_id') }}
with source as (

    {{ newest('pos', 'sales', key=['sale_id'], newest_by='updated_at', first_load_where='true') }}

),

final as (

    select
        sale_id,
        pos_customer_id,
        store_id,
        refund_of,
        store_name,
        {{ clean_place('city') }} as city,
        total_amount,
        sold_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
