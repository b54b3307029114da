with snapshots as (

    select * from {{ ref('int_business_snapshot_log') }}
    where as_of <= {{ as_of() }}

),

-- of several runs of a day the last one counts
by_day as (

    select *
    from snapshots
    qualify row_number() over (partition by as_of order by change_no desc) = 1

),

-- of the day eight days ago: all that is known now, and what was known of it the day after; some may be withdrawn since
behaviour as (

    select
        by_day.interactions_8_days_ago as settled,
        case
            when week_before.interactions_1_day_ago > by_day.interactions_8_days_ago then by_day.interactions_8_days_ago
            else week_before.interactions_1_day_ago
        end as in_time,
        by_day.as_of
    from by_day
    inner join by_day as week_before on by_day.as_of = {{ add_days('week_before.as_of', '7') }}
    where week_before.interactions_1_day_ago is not null and by_day.interactions_8_days_ago is not null

),

behaviour_weeks as (

    select
        cast(sum(behaviour.settled) as bigint) as interactions_settled,
        cast(sum(behaviour.in_time) as bigint) as interactions_in_time,
        by_day.as_of
    from by_day
    inner join behaviour on behaviour.as_of between {{ add_days('by_day.as_of', '-6') }} and by_day.as_of
    group by by_day.as_of

),

final as (

    select
        by_day.customers,
        by_day.merged_customers,
        by_day.reachable_customers,
        by_day.core_fields_known,
        by_day.core_fields,
        by_day.buyers_ever,
        by_day.active_customers_30d,
        by_day.dormant_customers,
        by_day.churned_customers,
        by_day.high_value_customers,
        by_day.rows_read,
        by_day.rows_loaded,
        by_day.channels_connected,
        by_day.category_buyers,
        by_day.cross_category_buyers,
        by_day.company_sources,
        by_day.sources_connected,
        by_day.rows_automatic,
        behaviour_weeks.interactions_settled,
        behaviour_weeks.interactions_in_time,
        by_day.needs_tested,
        by_day.needs_confirmed,
        by_day.open_opportunities,
        by_day.as_of
    from by_day
    left join behaviour_weeks on by_day.as_of = behaviour_weeks.as_of

)

select * from final
