with items as (

    select * from {{ ref('stg_olist__items') }}

),

final as (

    select
        {{ concept('order_lines', {
            'order_id': 'order_id',
            'line_no': 'line_no',
            'sku': 'product_id',
            'quantity': '1',
            'unit_price': 'price',
            'amount': 'price'
        }) }}
    from items

)

select * from final
