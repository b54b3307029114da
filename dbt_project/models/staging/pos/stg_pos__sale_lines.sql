{{ newest_rows('sale_id') }}
with source as (

    {{ newest('pos', 'sale_lines', key=['sale_id', 'line_no'], newest_by='updated_at') }}

),

final as (

    select
        sale_id,
        line_no,
        sku,
        product_name,
        category,
        quantity,
        unit_price,
        amount,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
