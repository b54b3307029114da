with source as (

    {{ newest('shop', 'orders', key=['order_id'], newest_by='updated_at') }}

),

final as (

    select
        {{ concept('orders', {
            'order_id': 'order_id',
            'native_id': 'customer_id',
            'status': 'lower(trim(status))',
            'is_paid': "lower(trim(status)) in ('paid', 'shipped', 'completed', 'refunded')",
            'currency': 'currency',
            'gross_amount': 'total_amount',
            'refund_amount': "
                case
                    when lower(trim(status)) = 'refunded' then coalesce(refund_amount, total_amount)
                    else coalesce(refund_amount, 0)
                end
            ",
            'ordered_at': 'created_at',
            'paid_at': 'paid_at',
            'refunded_at': 'refunded_at'
        }) }}
    from source

)

select * from final
