with history as (

    select * from {{ ref('customer_state_history') }}
    where quadrant is not null

),

customer_values as (

    select * from {{ ref('customer_value') }}

),

quarter as (

    select {{ truncated_to('quarter', as_of()) }} as first_day

),

-- what held on the quarter's first day, else what was seen first after it
frozen as (

    select
        history.customer_id,
        history.quadrant,
        greatest(history.valid_from, quarter.first_day) as frozen_on
    from history
    cross join quarter
    where history.valid_to is null or history.valid_to > quarter.first_day
    qualify row_number() over (partition by history.customer_id order by history.valid_from) = 1

),

final as (

    select
        customer_values.customer_id,
        customer_values.quadrant as live_quadrant,
        coalesce(frozen.quadrant, customer_values.quadrant) as quarter_quadrant,
        coalesce(frozen.frozen_on, {{ as_of() }}) as frozen_on
    from customer_values
    left join frozen on customer_values.customer_id = frozen.customer_id

)

select * from final
