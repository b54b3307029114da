-- Part of the peer of the full refresh, after business_metrics.sql in the same session: stages, states and cohorts over time.

create table stage_transitions as
select previous_stage as from_stage, stage as to_stage, count(*)::int as customers, date_trunc('month', valid_from)::date as month
from customer_lifecycle_history where previous_stage is not null and in_last(valid_from, 730) group by all;

create table stage_dwell_times as
select stage, count(*) filter (where not is_current) as ended_periods, count(*) filter (where is_current) as customers_now,
    quantile_cont(days, 0.25) filter (where not is_current) as quarter_left_after_days, quantile_cont(days, 0.5) filter (where not is_current) as half_left_after_days,
    quantile_cont(days, 0.75) filter (where not is_current) as three_quarters_left_after_days, quantile_cont(days, 0.5) filter (where is_current) as median_days_so_far
from (select *, (coalesce(valid_to, getvariable('as_of')) - valid_from)::double as days from customer_lifecycle_history where valid_from is not null)
group by stage;

create table cohort_retention as
with sales as (
    select customer_id, day, is_kept, if(bought, paid, 0) - if(return_day <= getvariable('as_of'), returned, 0) as net
    from dated_orders inner join owners using (id) where day <= getvariable('as_of')
),
placed as (
    select customer_id, net, coalesce(
        max(day) filter (where is_kept) over (partition by customer_id order by day range between unbounded preceding and current row),
        min(day) filter (where is_kept) over (partition by customer_id)
    ) as day from sales
),
months as (select customer_id, date_trunc('month', day)::date as month, sum(net) as net from placed where day is not null group by all),
cohorts as (select customer_id, min(month) as cohort_month from months group by all),
sizes as (select cohort_month, count(*) as customers from cohorts group by all),
active as (select cohort_month, month, count(*) as buyers, sum(net) as net from months inner join cohorts using (customer_id) group by all)
select n::int as months_later, customers, coalesce(buyers, 0) as buyers, coalesce(net, 0)::decimal(18, 2) as net_amount, coalesce(buyers, 0) / customers as retention,
    date_diff('month', sizes.cohort_month, getvariable('as_of')) > n as is_whole, sizes.cohort_month
from sizes cross join range(24) as r (n)
left join active on active.cohort_month = sizes.cohort_month and date_diff('month', sizes.cohort_month, month) = n
where n <= date_diff('month', sizes.cohort_month, getvariable('as_of')) and date_diff('month', sizes.cohort_month, getvariable('as_of')) < 24;

-- of a first run the history is today
create table customer_state_history as
select l.customer_id, l.stage, r.segment_8, r.segment_11, v.abc_class, v.value_tier, v.loyalty_tier, v.quadrant, true as is_current,
    getvariable('as_of') as valid_from, null::date as valid_to
from customer_lifecycle as l left join customer_rfm as r using (customer_id) left join customer_value as v using (customer_id);

create table customer_quadrants as
select customer_id, quadrant as live_quadrant, quadrant as quarter_quadrant, getvariable('as_of') as frozen_on from customer_value;

create table state_sizes as
select kind, segment, count(*) as customers, getvariable('as_of') as day
from (unpivot customer_state_history on stage, segment_8, segment_11, abc_class, value_tier, loyalty_tier, quadrant into name kind value segment) group by all;
