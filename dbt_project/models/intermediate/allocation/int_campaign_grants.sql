{{ config(schema='intermediate', access='protected') }}
{%- set offer_keys = key_columns(message_limits()) | reject('in', ['customer_key', 'employee']) | list %}

with offers as (

    select * from {{ ref('int_offer_limits') }}

),

options as (
    {%- for number in range(1, 9) %}

    select {{ option_columns() }}
    from {{ ref('int_allocation_pass_' ~ number) }}
    where is_granted
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        options.place,
        options.offer_key,
        options.customer_key,
        options.employee,
        {{ columns_of('offers', offer_keys) }},
        case
            when offers.has_other_channels then {{ xor_of('options.customer_key', 'offers.message_key') }}
        end as offer_id,
        {{ xor_of('options.address_key', 'offers.message_key') }} as address_id,
        offers.cost
    from options
    inner join offers on options.offer_key = offers.offer_key

)

select * from final
