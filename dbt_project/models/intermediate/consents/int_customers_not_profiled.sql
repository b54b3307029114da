with customers as (

    select * from {{ ref('customers') }}

),

rules as (

    {{ thresholds(['adult_years']) }}

),

judged as (

    select
        customers.customer_id,
        customers.is_profiling_optout as has_opted_out,
        coalesce({{ full_years('customers.birthday', as_of()) }} < rules.adult_years, false) as is_minor
    from customers
    cross join rules

),

final as (

    select
        customer_id,
        case when has_opted_out then 'opted_out' else 'minor' end as reason
    from judged
    where has_opted_out or is_minor

)

select * from final
