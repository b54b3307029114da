-- Fourth part of the test publication: metrics by month, and goals that stand on them in every way.
create table marts.metric_definitions as
select * from (values
    ('net_revenue', 'money', 'up', 'analytics', false, '净收入', 'Net revenue', '期间已付款减退款。', 'Paid less refunded.'),
    ('nps', 'score', 'up', 'analytics', false, '净推荐值 NPS', 'NPS', '推荐者减贬损者。', 'Promoters less detractors.'),
    ('complaint_rate', 'share', 'down', 'analytics', false, '投诉率', 'Complaint rate', '投诉除以工单。', 'Complaints by ticket.'),
    ('row_accuracy', 'share', 'up', 'data-engineering', true, '数据合规率', 'Rows that fit', '入库除以到达。', 'Loaded by read.')
) as r (metric, unit, direction, owner, is_state, name_zh, name_en, description_zh, description_en);

create table marts.metric_values as
with months as (
    select date_trunc('month', getvariable('as_of') - to_months(n::int))::date as period_start, n from range(0, 12) as r (n)
)
select 'nps' as metric, 60.0 - n as metric_value, period_start from months
union all select 'complaint_rate', 0.2 + n / 100.0, period_start from months
union all select 'net_revenue', 1000000.0 - 9000 * n, period_start from months
union all select 'row_accuracy', 0.97, max(period_start) from months;

create table marts.negative_feedback_weeks as
with weeks as (
    select (date_trunc('week', getvariable('as_of')) - to_days((7 * n)::int))::date as week_start, n from range(0, 3) as r (n)
)
select scope, region, n > 0 as is_whole, negative > 0.05 * answers as is_alert, answers, negative as negative_answers,
    round(negative / answers, 4) as negative_rate, week_start
from weeks
cross join (values ('region', '华东', 40, 4), ('region', '华南', 60, 1), ('company', 'all', 100, 5)) as r (scope, region, answers, negative);

create table marts.goal_progress as
with newest as (
    select metric, arg_max(metric_value, period_start) as actual, max(period_start) as actual_month, count(*) > 1 as is_series
    from marts.metric_values group by metric
)
select
    goal, dimension, goals.metric, unit, direction, measured_by,
    case
        when actual is null then 'not_measured'
        when target is null then 'no_target'
        when (direction = 'up') = (actual >= target::double) then 'on_track'
        else 'off_track'
    end as status,
    target::double as target, actual, if(is_series, 1.0, null) as trend_per_month, if(is_series, actual + 3, null) as forecast,
    if(is_series, actual - 1, null) as forecast_low, if(is_series, actual + 7, null) as forecast_high, 3 as months_left,
    actual_month, starts_on::date as starts_on, ends_on::date as ends_on, getvariable('as_of') as as_of
from rules.goals as goals
left join marts.metric_definitions using (metric) left join newest using (metric);
