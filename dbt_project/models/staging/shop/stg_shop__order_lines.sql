{{ newest_rows('order_id') }}
with source as (

    {{ newest('shop', 'order_lines', key=['order_id', 'line_no'], newest_by='updated_at', parent='order_id') }}

),

final as (

    select
        {{ concept('order_lines', {
            'order_id': 'order_id',
            'line_no': 'line_no',
            'sku': 'sku',
            'product_name': 'product_name',
            'category': 'category',
            'quantity': 'quantity',
            'unit_price': 'unit_price',
            'amount': 'amount',
            'load_id': '_dlt_load_id'
        }) }}
    from source

)

select * from final
