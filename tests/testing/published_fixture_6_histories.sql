-- Sixth part of the test publication: movements between stages, quadrants and segments, cohorts, sizes day by day.
create table marts.stage_transitions as
select previous_stage as from_stage, stage as to_stage, count(*)::int as customers, date_trunc('month', valid_from)::date as month
from marts.customer_lifecycle_history where previous_stage is not null group by all;

create table marts.stage_dwell_times as
select
    stage, count(*) filter (where not is_current) as ended_periods, count(*) filter (where is_current) as customers_now,
    quantile_cont(days, 0.25) filter (where not is_current) as quarter_left_after_days,
    quantile_cont(days, 0.5) filter (where not is_current) as half_left_after_days,
    quantile_cont(days, 0.75) filter (where not is_current) as three_quarters_left_after_days,
    quantile_cont(days, 0.5) filter (where is_current) as median_days_so_far
from (
    select *, (coalesce(valid_to, getvariable('as_of')) - valid_from)::double as days from marts.customer_lifecycle_history
)
group by stage;

create table marts.cohort_retention as
with months as (
    select customer_id, date_trunc('month', activity_day)::date as month, sum(net_revenue) as net_amount
    from base.activity where purchases > 0 group by all
),
cohorts as (select customer_id, min(month) as cohort_month from months group by all),
sizes as (select cohort_month, count(*) as customers from cohorts group by all),
active as (
    select cohort_month, month, count(*) as buyers, sum(net_amount) as net_amount
    from months inner join cohorts using (customer_id) group by all
)
select
    n::int as months_later, customers, coalesce(buyers, 0) as buyers, coalesce(net_amount, 0) as net_amount,
    coalesce(buyers, 0) / customers as retention, date_diff('month', sizes.cohort_month, getvariable('as_of')) > n as is_whole,
    sizes.cohort_month
from sizes cross join range(24) as r (n)
left join active on active.cohort_month = sizes.cohort_month and date_diff('month', sizes.cohort_month, month) = n
where n <= date_diff('month', sizes.cohort_month, getvariable('as_of'));

-- Two runs: every seventh customer was in the lowest quadrant and of low value at the first of them.
create table marts.customer_state_history as
with today as (
    select customer_id, stage, segment_8, segment_11, abc_class, value_tier, loyalty_tier, quadrant, row_number() over (order by customer_id) % 7 = 0 as has_moved
    from marts.customer_lifecycle left join marts.customer_rfm using (customer_id) left join marts.customer_value using (customer_id)
)
select * exclude (has_moved), true as is_current, if(has_moved, date '2026-05-15', date '2026-04-01') as valid_from, null::date as valid_to from today
union all
select * exclude (has_moved) replace ('basic' as quadrant, 'ordinary' as value_tier), false, date '2026-04-01', date '2026-05-15'
from today where has_moved;

create table marts.customer_quadrants as
select
    customers.customer_id, customers.quadrant as live_quadrant, states.quadrant as quarter_quadrant,
    date '2026-04-01' as frozen_on
from marts.customer_value as customers
inner join marts.customer_state_history as states
    on customers.customer_id = states.customer_id and states.valid_from = date '2026-04-01';

create table marts.state_sizes as
select kind, segment, count(*) as customers, day
from (
    unpivot marts.customer_state_history
    on stage, segment_8, segment_11, abc_class, value_tier, loyalty_tier, quadrant into name kind value segment
)
inner join (values (date '2026-04-01'), (date '2026-05-15')) as days (day)
    on valid_from <= day and (valid_to is null or valid_to > day)
group by all;

create table marts.business_snapshots as
select
    count(*) as customers, 0::bigint as merged_customers, count(*) as reachable_customers, 4 * count(*) as core_fields_known,
    5 * count(*) as core_fields, count(*) filter (where orders_count > 0) as buyers_ever,
    count(*) filter (where interactions_30d > 0) as active_customers_30d, any_value(dormant) as dormant_customers,
    any_value(churned) as churned_customers, 20::bigint as high_value_customers, 90000::bigint as rows_read,
    89000::bigint as rows_loaded, 7 as channels_connected, 400::bigint as category_buyers,
    250::bigint as cross_category_buyers, 10 as company_sources, 7 as sources_connected, 80000::bigint as rows_automatic, null::bigint as interactions_settled,
    null::bigint as interactions_in_time, 200::bigint as needs_tested,
    170::bigint as needs_confirmed, null::int as open_opportunities, day as as_of
from marts.customers
cross join (
    select count(*) filter (where stage = 'dormant') as dormant, count(*) filter (where stage = 'churned') as churned
    from marts.customer_lifecycle
)
cross join (values (date '2026-04-01'), (getvariable('as_of'))) as days (day)
group by day;
