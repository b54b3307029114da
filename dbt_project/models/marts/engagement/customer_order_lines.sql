{#- A view: lines are stored in staging, and a table of them would be as large again. -#}
{{ config(materialized='view') }}

with timeline as (

    select * from {{ ref('customer_timeline') }}
    where kind = 'order'

),

orders as (

    select * from {{ ref('int_orders') }}

),

order_lines as (

    select * from {{ ref('int_order_lines') }}

),

final as (

    select
        timeline.customer_id,
        order_lines.order_id,
        order_lines.line_no,
        order_lines.sku,
        order_lines.product_name,
        order_lines.quantity,
        order_lines.unit_price,
        -- what the price of the pieces exceeds the amount by; nothing where the line says too little, or costs more
        case
            when order_lines.quantity * order_lines.unit_price > order_lines.amount
                then cast(order_lines.quantity * order_lines.unit_price - order_lines.amount as decimal(18, 2))
        end as discount_amount,
        order_lines.amount,
        orders.currency,
        orders.sold_amount as order_amount
    from timeline
    inner join order_lines on timeline.interaction_id = order_lines.order_id
    inner join orders on timeline.interaction_id = orders.order_id

)

select * from final
