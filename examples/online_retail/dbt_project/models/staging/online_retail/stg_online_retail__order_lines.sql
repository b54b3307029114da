with lines as (

    select * from {{ ref('stg_online_retail__lines') }}

),

final as (

    select
        {{ concept('order_lines', {
            'order_id': 'order_id',
            'line_no': 'line_no',
            'sku': 'sku',
            'product_name': 'product_name',
            'quantity': 'quantity',
            'unit_price': 'unit_price',
            'amount': 'amount'
        }) }}
    from lines

)

select * from final
