with redirects as (

    select * from {{ ref('int_identity__redirects') }}

),

final as (

    select
        retired_customer_id,
        customer_id,
        merged_at
    from redirects

)

select * from final
