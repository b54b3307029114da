{{ newest_rows('order_id') }}
with source as (

    {{ newest(
        'shop', 'orders', key=['order_id'], newest_by='updated_at', first_load_where='true', with_last_load=true
    ) }}

),

final as (

    select
        {{ concept('orders', {
            'order_id': 'order_id',
            'native_id': 'customer_id',
            'status': 'status',
            'is_online': 'true',
            'uses_coupon': clean_text('coupon_code') ~ ' is not null',
            'currency': 'currency',
            'gross_amount': 'total_amount',
            'refund_amount': 'refund_amount',
            'ordered_at': 'created_at',
            'paid_at': 'paid_at',
            'refunded_at': 'refunded_at',
            'first_load_id': 'first_load_id',
            'last_load_id': 'last_load_id'
        }) }}
    from source

)

select * from final
