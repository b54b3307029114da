with periods as (

    select * from {{ ref('int_customer_stage_periods') }}

),

-- what lies after as_of would only come true if nothing else happened
begun as (

    select * from periods
    where valid_from is null or valid_from <= {{ as_of() }}

),

final as (

    select
        customer_id,
        stage,
        previous_stage,
        valid_to is null or valid_to > {{ as_of() }} as is_current,
        valid_from,
        case when valid_to <= {{ as_of() }} then valid_to end as valid_to
    from begun

)

select * from final
