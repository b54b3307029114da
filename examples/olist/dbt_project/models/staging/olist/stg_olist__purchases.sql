with source as (

    {{ newest('olist', 'orders', key=['order_id'], first_load_where='true') }}

),

customers as (

    select * from {{ ref('stg_olist__customers') }}

),

-- the address names the person; an order whose address is missing belongs to somebody of its own
final as (

    select
        source.order_id,
        coalesce(customers.native_id, source.customer_id) as native_id,
        source.status,
        source.purchased_at,
        source.approved_at,
        source.first_load_id
    from source
    left join customers on source.customer_id = customers.customer_id

)

select * from final
