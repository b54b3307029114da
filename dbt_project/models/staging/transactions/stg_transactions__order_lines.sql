with lines as (

    select * from {{ ref('stg_transactions__lines') }}

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
            'amount': 'coalesce(amount, 0)'
        }) }}
    from lines

)

select * from final
