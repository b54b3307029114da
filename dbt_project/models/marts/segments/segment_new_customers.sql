with lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

final as (

    select lifecycle.customer_id
    from lifecycle
    where lifecycle.stage = 'new'

)

select * from final
