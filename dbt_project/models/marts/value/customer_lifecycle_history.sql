with periods as (

    select * from {{ ref('int_customer_stage_periods') }}

),

customers as (

    select * from {{ ref('int_customer_totals') }}

),

-- what lies after as_of would only come true if nothing else happened
begun as (

    select * from periods
    where valid_from is null or valid_from <= {{ as_of() }}

),

-- whose every known day lies after as_of is known all the same, and has not bought yet
not_begun as (

    select customers.customer_id
    from customers
    left join begun on customers.customer_id = begun.customer_id
    where begun.customer_id is null

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
    union all
    select
        customer_id,
        'prospect' as stage,
        cast(null as string) as previous_stage,
        true as is_current,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from not_begun

)

select * from final
