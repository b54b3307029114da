with source as (

    {{ newest('olist', 'payments', key=['order_id', 'payment_no']) }}

),

final as (

    select
        order_id,
        payment_no,
        payment_type,
        amount
    from source

)

select * from final
