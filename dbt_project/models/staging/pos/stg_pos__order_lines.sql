with sale_lines as (

    select * from {{ ref('stg_pos__sale_lines') }}

),

refunds as (

    select sale_id from {{ ref('stg_pos__sales') }}
    where refund_of is not null or total_amount < 0

),

sold as (

    select sale_lines.*
    from sale_lines
    left join refunds on sale_lines.sale_id = refunds.sale_id
    where refunds.sale_id is null

),

final as (

    select
        {{ concept('order_lines', {
            'order_id': 'sale_id',
            'line_no': 'line_no',
            'sku': 'sku',
            'product_name': 'product_name',
            'category': 'category',
            'quantity': 'quantity',
            'unit_price': 'unit_price',
            'amount': 'amount',
            'load_id': 'load_id'
        }) }}
    from sold

)

select * from final
