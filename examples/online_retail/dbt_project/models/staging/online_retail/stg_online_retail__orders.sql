with lines as (

    select * from {{ ref('stg_online_retail__lines') }}

),

invoices as (

    select
        order_id,
        max(native_id) as native_id,
        bool_or(is_credit_note) as is_credit_note,
        sum(amount) as total_amount,
        max(invoiced_at) as invoiced_at
    from lines
    group by order_id

),

judged as (

    select
        *,
        not is_credit_note and total_amount > 0 as is_sale,
        is_credit_note and total_amount < 0 as is_refund
    from invoices

),

final as (

    select
        {{ concept('orders', {
            'order_id': 'order_id',
            'native_id': 'native_id',
            'status': "case when is_sale then 'completed' when is_refund then 'adjustment' else 'cancelled' end",
            'is_paid': 'is_sale',
            'currency': "'GBP'",
            'gross_amount': 'case when is_sale then total_amount else 0 end',
            'refund_amount': 'case when is_refund then -total_amount else 0 end',
            'ordered_at': 'invoiced_at',
            'paid_at': 'case when is_sale then invoiced_at end',
            'refunded_at': 'case when is_refund then invoiced_at end'
        }) }}
    from judged

)

select * from final
