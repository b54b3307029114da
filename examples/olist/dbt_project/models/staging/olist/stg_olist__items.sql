with source as (

    {{ newest('olist', 'items', key=['order_id', 'line_no']) }}

),

final as (

    select
        order_id,
        line_no,
        product_id,
        price,
        coalesce(freight, 0) as freight
    from source

)

select * from final
