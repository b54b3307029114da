with purchases as (

    select * from {{ ref('stg_olist__purchases') }}

),

paid as (

    select
        order_id,
        sum(amount) as amount
    from {{ ref('stg_olist__payments') }}
    group by order_id

),

ordered as (

    select
        order_id,
        sum(price + freight) as amount
    from {{ ref('stg_olist__items') }}
    group by order_id

),

-- what was paid counts; the price of the pieces where no payment is told
final as (

    select
        {{ concept('orders', {
            'order_id': 'purchases.order_id',
            'native_id': 'native_id',
            'status': 'status',
            'currency': "'BRL'",
            'gross_amount': 'coalesce(paid.amount, ordered.amount)',
            'ordered_at': 'purchased_at',
            'paid_at': 'coalesce(approved_at, purchased_at)',
            'first_load_id': 'first_load_id'
        }) }}
    from purchases
    left join paid on purchases.order_id = paid.order_id
    left join ordered on purchases.order_id = ordered.order_id

)

select * from final
