{#- A view, so that no line is kept twice. -#}
{{ config(materialized='view') }}

with united as (
    {{ united('order_lines') }}
),

final as (

    select
        channel || ':' || order_id as order_id,
        line_no,
        sku,
        product_name,
        category,
        quantity,
        unit_price,
        amount
    from united

)

select * from final
