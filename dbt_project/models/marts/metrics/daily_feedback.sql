{%- set days = var('daily_metrics_days', 730) -%}
with feedback as (

    select * from {{ ref('int_feedback') }}
    where {{ in_last_days('cast(occurred_at as date)', days, as_of()) }}

),

feedback_measures as (

    select * from {{ ref('feedback_measures') }}

),

rules as (

    {{ thresholds(['nps_promoter_score', 'nps_detractor_score']) }}

),

final as (

    select
        feedback.channel,
        feedback.kind,
        feedback.metric,
        feedback.scene,
        cast(count(*) as int) as entries,
        cast(count(feedback.score) as int) as answers,
        cast(coalesce(sum(feedback.score), 0) as decimal(18, 2)) as score_total,
        cast(count(case when feedback.metric = 'nps' and feedback.score >= rules.nps_promoter_score then 1 end) as int)
            as promoters,
        cast(count(case when feedback.metric = 'nps' and feedback.score <= rules.nps_detractor_score then 1 end) as int)
            as detractors,
        cast(count(case when measures.negative_up_to is not null then feedback.score end) as int) as judged_answers,
        cast(count(case when feedback.score <= measures.negative_up_to then 1 end) as int) as negative_answers,
        cast(count(case when feedback.kind = 'activity' and feedback.resolved_at < {{ as_of_end() }} then 1 end) as int)
            as attended,
        cast(feedback.occurred_at as date) as feedback_day
    from feedback
    left join feedback_measures as measures on feedback.metric = measures.metric
    cross join rules
    group by feedback.channel, feedback.kind, feedback.metric, feedback.scene, cast(feedback.occurred_at as date)

)

select * from final
