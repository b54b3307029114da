with sales as (

    {{ newest('bookshop', 'sales', key=['order_no'], first_load_where='true') }}

),

final as (

    select
        {{ concept('orders', {
            'order_id': 'order_no',
            'native_id': 'customer_no',
            'is_paid': 'true',
            'status': "'completed'",
            'gross_amount': 'total',
            'ordered_at': 'ordered_at',
            'paid_at': 'ordered_at',
            'first_load_id': 'first_load_id'
        }) }}
    from sales

)

select * from final
