with lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

final as (

    select lifecycle.customer_id
    from lifecycle
    where lifecycle.days_since_purchase is not null

)

select * from final
