{{ change_log(state=['int_orders_as_sold']) }}
with orders as (

    select * from {{ ref('int_orders_from_channels') }}

),
{% if only_affected() %}
held as (

    select
        order_id,
        source_profile_id,
        fingerprint
    from {{ table_of('int_orders_as_sold') }}

),

final as (

    select
        coalesce(orders.order_id, held.order_id) as order_id,
        held.source_profile_id as former_profile_id,
        orders.order_id is not null as is_there,
        {%- for column in order_columns() %}
        orders.{{ column }},
        {%- endfor %}
        orders.fingerprint
    from orders
    full outer join held on orders.order_id = held.order_id
    where orders.fingerprint is null or held.fingerprint is null or orders.fingerprint <> held.fingerprint

)
{% else %}
final as (

    select
        order_id,
        cast(null as string) as former_profile_id,
        true as is_there,
        {%- for column in order_columns() %}
        {{ column }},
        {%- endfor %}
        fingerprint
    from orders
    where 1 = 0

)
{% endif %}
select * from final
