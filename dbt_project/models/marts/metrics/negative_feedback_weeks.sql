{%- set days = var('daily_metrics_days', 730) -%}
with feedback as (

    select * from {{ ref('int_feedback') }}
    where {{ in_last_days('cast(occurred_at as date)', days, as_of()) }}

),

feedback_measures as (

    select * from {{ ref('feedback_measures') }}

),

rules as (

    {{ thresholds(['negative_answers_judged', 'negative_rate_percent']) }}

),

judged as (

    select
        feedback.region,
        case when feedback.score <= measures.negative_up_to then 1 else 0 end as is_negative,
        {{ truncated_to('week', 'feedback.occurred_at') }} as week_start
    from feedback
    inner join feedback_measures as measures on feedback.metric = measures.metric
    where measures.negative_up_to is not null and feedback.score is not null

),

counted as (

    select
        'region' as scope,
        coalesce(region, 'unknown') as region,
        count(*) as answers,
        sum(is_negative) as negative_answers,
        week_start
    from judged
    group by coalesce(region, 'unknown'), week_start
    union all
    select
        'company' as scope,
        'all' as region,
        count(*) as answers,
        sum(is_negative) as negative_answers,
        week_start
    from judged
    group by week_start

),

final as (

    select
        counted.scope,
        counted.region,
        counted.week_start < {{ truncated_to('week', as_of()) }} as is_whole,
        counted.answers >= rules.negative_answers_judged
        and 100 * counted.negative_answers > rules.negative_rate_percent * counted.answers as is_alert,
        cast(counted.answers as int) as answers,
        cast(counted.negative_answers as int) as negative_answers,
        round({{ ratio('counted.negative_answers', 'counted.answers') }}, 4) as negative_rate,
        counted.week_start
    from counted
    cross join rules
    where counted.week_start > {{ add_days(as_of(), -days) }}

)

select * from final
