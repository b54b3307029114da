with lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

stages as (

    select * from {{ ref('lifecycle_stages') }}

),

final as (

    select
        cast(count(*) as bigint) as customers,
        cast(count(case when stages.is_active then 1 end) as bigint) as active_customers
    from lifecycle
    inner join stages on lifecycle.stage = stages.stage

)

select * from final
