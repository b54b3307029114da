-- Rows of the history that do not end where the customer's next row begins, or that repeat the stage before.
with history as (

    select
        customer_id,
        stage,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_from,
        lead(stage) over (partition by customer_id order by valid_from) as next_stage
    from {{ ref('customer_lifecycle_history') }}

)

select *
from history
where
    (next_from is null and valid_to is not null)
    or (next_from is not null and (valid_to is null or valid_to <> next_from))
    or stage = next_stage
