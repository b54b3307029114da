with lines as (

    select * from {{ ref('stg_transactions__lines') }}

),

summed as (

    select
        order_id,
        max(native_id) as native_id,
        max(store_name) as store_name,
        max(currency) as currency,
        sum(amount) as total_amount,
        max(ordered_at) as ordered_at,
        min(load_id) as first_load_id,
        max(load_id) as last_load_id
    from lines
    group by order_id

),

judged as (

    select
        *,
        case
            -- of how much is not known: it is held, not taken for nothing
            when total_amount > 0 or total_amount is null then 'completed'
            when total_amount < 0 then 'refund'
            else 'cancelled'
        end as status
    from summed

),

final as (

    select
        {{ concept('orders', {
            'order_id': 'order_id',
            'native_id': 'native_id',
            'status': 'status',
            'is_paid': "status = 'completed'",
            'store_name': 'store_name',
            'is_online': 'case when store_name is not null then false end',
            'currency': 'currency',
            'gross_amount': 'case when total_amount is not null then greatest(total_amount, 0) end',
            'refund_amount': 'greatest(-coalesce(total_amount, 0), 0)',
            'ordered_at': 'ordered_at',
            'paid_at': "case when status = 'completed' then ordered_at end",
            'refunded_at': 'case when total_amount < 0 then ordered_at end',
            'first_load_id': 'first_load_id',
            'last_load_id': 'last_load_id'
        }) }}
    from judged

)

select * from final
