with customer_value as (

    select * from {{ ref('customer_value') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

final as (

    select lifecycle.customer_id
    from lifecycle
    inner join customer_value on lifecycle.customer_id = customer_value.customer_id
    where lifecycle.stage = 'churned' and customer_value.abc_class in ('A', 'B')

)

select * from final
