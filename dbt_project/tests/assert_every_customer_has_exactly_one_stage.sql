-- Customers whose number of current stages is not one, in the current table or in the history.
with customers as (

    select customer_id from {{ ref('customers') }}

),

stages as (

    select
        customer_id,
        count(*) as stages
    from {{ ref('customer_lifecycle') }}
    group by customer_id

),

history as (

    select
        customer_id,
        count(case when is_current then 1 end) as stages
    from {{ ref('customer_lifecycle_history') }}
    group by customer_id

)

select customers.customer_id
from customers
left join stages on customers.customer_id = stages.customer_id
left join history on customers.customer_id = history.customer_id
where coalesce(stages.stages, 0) <> 1 or coalesce(history.stages, 0) <> 1
