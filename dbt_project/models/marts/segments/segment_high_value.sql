with customer_value as (

    select * from {{ ref('customer_value') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

final as (

    select customer_value.customer_id
    from customer_value
    inner join lifecycle on customer_value.customer_id = lifecycle.customer_id
    where customer_value.value_tier = 'high' and lifecycle.stage not in ('prospect', 'churned')

)

select * from final
