with needs as (

    select * from {{ ref('int_customer_needs') }}

),

not_profiled as (

    select * from {{ ref('int_customers_not_profiled') }}

),

opportunities as (

    select * from {{ ref('strategic_opportunities') }}

),

rules as (

    {{ thresholds(['need_days']) }}

),

tested as (

    select needs.is_confirmed
    from needs
    cross join rules
    left join not_profiled on needs.customer_id = not_profiled.customer_id
    where
        not_profiled.customer_id is null
        and needs.tested_on > {{ add_days(as_of(), '-rules.need_days') }}

),

counted_needs as (

    select
        count(*) as needs_tested,
        count(case when is_confirmed then 1 end) as needs_confirmed
    from tested

),

-- where nobody writes them down, nobody knows how many there are
counted_opportunities as (

    select
        case
            when count(*) > 0 then
                count(case
                    when found_on <= {{ as_of() }} and (closed_on is null or closed_on > {{ as_of() }}) then 1
                end)
        end as open_opportunities
    from opportunities

),

final as (

    select
        cast(counted_needs.needs_tested as bigint) as needs_tested,
        cast(counted_needs.needs_confirmed as bigint) as needs_confirmed,
        cast(counted_opportunities.open_opportunities as int) as open_opportunities
    from counted_needs
    cross join counted_opportunities

)

select * from final
