{%- set months_ahead = var('goal_forecast_months', 3) -%}
{%- set least_periods = var('goal_forecast_periods', 8) -%}
with goals as (

    select * from {{ ref('goals') }}

),

metric_definitions as (

    select * from {{ ref('metric_definitions') }}

),

metric_values as (

    select * from {{ ref('metric_values') }}

),

-- a goal without an end always holds: it is looked at some months ahead
described as (

    select
        goals.goal,
        goals.dimension,
        goals.metric,
        definitions.unit,
        definitions.direction,
        definitions.is_state,
        goals.measured_by,
        goals.target,
        goals.starts_on,
        goals.ends_on,
        {{ truncated_to('month', 'goals.starts_on') }} as first_month,
        {{ truncated_to('month', as_of()) }} as this_month,
        {{ months_between_dates(
            as_of(), 'coalesce(goals.ends_on, ' ~ add_months_to(as_of(), months_ahead) ~ ')'
        ) }} as months_left
    from goals
    left join metric_definitions as definitions on goals.metric = definitions.metric

),

-- months count from this one on: 0 is as far as it has come, -1 the newest whole one
measured as (

    select
        described.goal,
        metric_values.metric_value,
        metric_values.period_start,
        {{ months_between_dates('described.this_month', 'metric_values.period_start') }} as month_no,
        metric_values.period_start < described.this_month as is_whole,
        described.first_month is null or metric_values.period_start >= described.first_month as is_inside
    from described
    inner join metric_values on described.metric = metric_values.metric

),

-- least squares over whole months; the spread is that of months about the line
fitted as (

    select
        goal,
        regr_slope(metric_value, cast(month_no as double)) as slope,
        regr_intercept(metric_value, cast(month_no as double)) as level,
        sqrt(
            greatest(regr_syy(metric_value, cast(month_no as double)) * (1 - coalesce(
                regr_r2(metric_value, cast(month_no as double)), 1
            )), 0) / nullif(count(*) - 2, 0)
        ) as spread
    from measured
    where is_whole
    group by goal
    having count(*) >= {{ least_periods }}

),

so_far as (

    select
        goal,
        sum(case when is_inside then metric_value end) as total,
        max(case when month_no = 0 then metric_value end) as this_month_value
    from measured
    group by goal

),

newest as (

    select
        measured.goal,
        measured.metric_value,
        measured.period_start
    from measured
    inner join described on measured.goal = described.goal
    where (measured.is_whole or described.is_state) and measured.is_inside
    qualify row_number() over (partition by measured.goal order by measured.period_start desc) = 1

),

known as (

    select
        described.*,
        case when described.measured_by = 'total' then so_far.total else newest.metric_value end as actual,
        case
            when described.measured_by = 'total' then described.this_month else newest.period_start
        end as actual_month,
        fitted.slope as trend_per_month,
        -- of a total the rest of this month and the months after it are still to come
        case
            when described.months_left < 0 then null
            when described.measured_by = 'total'
                then so_far.total
                    + greatest(fitted.level - coalesce(so_far.this_month_value, 0), 0)
                    + described.months_left * fitted.level
                    + fitted.slope * described.months_left * (described.months_left + 1) / 2
            else fitted.level + fitted.slope * described.months_left
        end as expected,
        fitted.spread
        * case when described.measured_by = 'total' then sqrt(described.months_left + 1.0) else 1 end as expected_spread
    from described
    left join so_far on described.goal = so_far.goal
    left join newest on described.goal = newest.goal
    left join fitted on described.goal = fitted.goal

),

-- no share beyond 0 and 1, no count or amount below 0
bounded as (

    select
        known.*,
        {%- for name, value in [
            ('forecast', 'expected'), ('forecast_low', 'expected - 1.28 * expected_spread'),
            ('forecast_high', 'expected + 1.28 * expected_spread')
        ] %}
        case
            when expected is null then null
            when unit = 'share' then least(greatest({{ value }}, 0), 1)
            when unit = 'count' then greatest({{ value }}, 0)
            else {{ value }}
        end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known

),

-- what a total has to be by now, if every day brings as much
paced as (

    select
        bounded.*,
        case
            when measured_by = 'total' and ends_on >= {{ as_of() }}
                then target * cast({{ days_between('starts_on', as_of()) }} + 1 as double)
                    / ({{ days_between('starts_on', 'ends_on') }} + 1)
            else target
        end as target_by_now
    from bounded

),

judged as (

    select
        paced.*,
        (direction = 'up' and actual >= target) or (direction = 'down' and actual <= target) as reaches_target,
        (direction = 'up' and actual >= target_by_now)
        or (direction = 'down' and actual <= target_by_now) as keeps_pace,
        (direction = 'up' and forecast >= target) or (direction = 'down' and forecast <= target) as will_reach_target
    from paced

),

final as (

    select
        goal,
        dimension,
        metric,
        unit,
        direction,
        measured_by,
        case
            when starts_on > {{ as_of() }} then 'not_begun'
            when actual is null then 'not_measured'
            when target is null then 'no_target'
            when ends_on < {{ as_of() }} and reaches_target then 'met'
            when ends_on < {{ as_of() }} then 'missed'
            when measured_by = 'total' and direction = 'up' and reaches_target then 'met'
            when coalesce(will_reach_target, keeps_pace) then 'on_track'
            else 'off_track'
        end as status,
        target,
        actual,
        -- sums of decimals differ in their last digits from run to run
        round(trend_per_month, 6) as trend_per_month,
        round(forecast, 6) as forecast,
        round(forecast_low, 6) as forecast_low,
        round(forecast_high, 6) as forecast_high,
        cast(months_left as int) as months_left,
        actual_month,
        starts_on,
        ends_on,
        {{ as_of() }} as as_of
    from judged

)

select * from final
