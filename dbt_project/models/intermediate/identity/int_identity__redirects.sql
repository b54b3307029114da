with customers as (

    select * from {{ ref('int_identity__customers') }}

),

retired as (

    select
        customer_id,
        max(happened_at) as retired_at
    from {{ ref('int_identity__id_events') }}
    where event = 'retired'
    group by customer_id

),

-- a function of the map alone: even a warehouse built anew leads every id ever issued to its customer
merged as (

    select
        {{ customer_id_of('source_profile_id') }} as retired_customer_id,
        customer_id
    from customers
    where source_profile_id <> root_profile_id

),

final as (

    select
        merged.retired_customer_id,
        merged.customer_id,
        retired.retired_at as merged_at
    from merged
    left join retired on merged.retired_customer_id = retired.customer_id

)

select * from final
