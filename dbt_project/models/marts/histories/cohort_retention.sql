{%- set months = var('cohort_months', 24) -%}
with purchase_days as (

    select * from {{ ref('int_customer_purchase_days') }}

),

bought as (

    select
        customer_id,
        sum(net_amount) as net_amount,
        {{ truncated_to('month', 'purchase_day') }} as month
    from purchase_days
    group by customer_id, {{ truncated_to('month', 'purchase_day') }}

),

cohorts as (

    select
        customer_id,
        min(month) as cohort_month
    from bought
    group by customer_id

),

sizes as (

    select
        cohort_month,
        count(*) as customers
    from cohorts
    where {{ months_between_dates('cohort_month', as_of()) }} < {{ months }}
    group by cohort_month

),

active as (

    select
        cohorts.cohort_month,
        {{ months_between_dates('cohorts.cohort_month', 'bought.month') }} as months_later,
        count(*) as buyers,
        sum(bought.net_amount) as net_amount
    from bought
    inner join cohorts on bought.customer_id = cohorts.customer_id
    group by cohorts.cohort_month, {{ months_between_dates('cohorts.cohort_month', 'bought.month') }}

),

-- a month without buyers is one, too
calendar as (

    select
        sizes.cohort_month,
        sizes.customers,
        cast(numbers.n as int) as months_later
    from sizes
    cross join {{ series(months, 'numbers', 'n') }}
    where numbers.n <= {{ months_between_dates('sizes.cohort_month', as_of()) }}

),

final as (

    select
        calendar.months_later,
        cast(calendar.customers as bigint) as customers,
        cast(coalesce(active.buyers, 0) as bigint) as buyers,
        cast(coalesce(active.net_amount, 0) as decimal(18, 2)) as net_amount,
        {{ ratio('coalesce(active.buyers, 0)', 'calendar.customers') }} as retention,
        {{ months_between_dates('calendar.cohort_month', as_of()) }} > calendar.months_later as is_whole,
        calendar.cohort_month
    from calendar
    left join active
        on calendar.cohort_month = active.cohort_month and calendar.months_later = active.months_later

)

select * from final
