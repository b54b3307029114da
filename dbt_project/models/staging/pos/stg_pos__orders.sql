with sales as (

    select * from {{ ref('stg_pos__sales') }}

),

refunds as (

    select
        refund_of as sale_id,
        sum(-total_amount) as refund_amount,
        max(sold_at) as refunded_at
    from sales
    where refund_of is not null
    group by refund_of

),

sold as (

    select
        sales.sale_id,
        sales.pos_customer_id,
        sales.store_name,
        case when refunds.refund_amount >= sales.total_amount then 'refunded' else 'completed' end as status,
        true as is_paid,
        sales.total_amount as gross_amount,
        coalesce(refunds.refund_amount, 0) as refund_amount,
        sales.sold_at,
        refunds.refunded_at,
        sales.first_load_id
    from sales
    left join refunds on sales.sale_id = refunds.sale_id
    where sales.refund_of is null and sales.total_amount >= 0

),

-- a refund whose sale is not in the data still reduces revenue: it stays as a credit note
credit_notes as (

    select
        refunding.sale_id,
        refunding.pos_customer_id,
        refunding.store_name,
        'refund' as status,
        false as is_paid,
        0 as gross_amount,
        -refunding.total_amount as refund_amount,
        refunding.sold_at,
        refunding.sold_at as refunded_at,
        refunding.first_load_id
    from sales as refunding
    left join sold on refunding.refund_of = sold.sale_id
    where (refunding.refund_of is not null or refunding.total_amount < 0) and sold.sale_id is null

),

united as (

    select * from sold
    union all
    select * from credit_notes

),

final as (

    select
        {{ concept('orders', {
            'order_id': 'sale_id',
            'native_id': 'pos_customer_id',
            'status': 'status',
            'is_paid': 'is_paid',
            'store_name': 'store_name',
            'is_online': 'false',
            'currency': "'CNY'",
            'gross_amount': 'gross_amount',
            'refund_amount': 'refund_amount',
            'ordered_at': 'sold_at',
            'paid_at': 'case when is_paid then sold_at end',
            'refunded_at': 'refunded_at',
            'first_load_id': 'first_load_id'
        }) }}
    from united

)

select * from final
