{{ kept_by('order_id', affected='int_changed_orders') }}
{%- if only_affected() %}
with changes as (

    select * from {{ entries_since('int_changed_orders') }} as entries

),

-- an order that changed several times since is as it was last seen
orders as (

    select * from changes
    qualify row_number() over (partition by order_id order by log_no desc) = 1

),
{%- else %}
with orders as (

    select
        *,
        true as is_there
    from {{ ref('int_orders_from_channels') }}

),
{%- endif %}

final as (

    select
        order_id,
        {%- for column in order_columns() %}
        {{ column }},
        {%- endfor %}
        fingerprint
    from orders
    where is_there

)

select * from final
