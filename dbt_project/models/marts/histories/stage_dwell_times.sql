with history as (

    select * from {{ ref('customer_lifecycle_history') }}
    where valid_from is not null

),

periods as (

    select
        stage,
        is_current,
        {{ days_between('valid_from', 'coalesce(valid_to, ' ~ as_of() ~ ')') }} as days
    from history

),

final as (

    select
        stage,
        cast(count(case when not is_current then 1 end) as bigint) as ended_periods,
        cast(count(case when is_current then 1 end) as bigint) as customers_now,
        percentile_cont(0.25) within group (order by case when not is_current then days end) as quarter_left_after_days,
        percentile_cont(0.5) within group (order by case when not is_current then days end) as half_left_after_days,
        percentile_cont(0.75) within group (order by case when not is_current then days end)
            as three_quarters_left_after_days,
        percentile_cont(0.5) within group (order by case when is_current then days end) as median_days_so_far
    from periods
    group by stage

)

select * from final
