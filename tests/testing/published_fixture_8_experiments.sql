-- The recall campaign read as an experiment: two variants against a hold-out, and how often messages tire people.
create table base.arms as
select * from (values
    ('A', false, 617, 0.45, 0.11, 31.0, 0.006),
    ('B', false, 609, 0.45, 0.09, 24.0, 0.008),
    ('holdout', true, 122, 0.10, 0.03, 7.5, 0.0)
) as v (arm, is_holdout, customers, planned_share, converted, revenue, opted_out);

create table campaigns.campaign_arms as
select
    'dormant_recall' as campaign_id, arm, '沉睡客户召回' as name_zh, 'Dormant customer recall' as name_en,
    'campaign' as kind, 'purchase' as goal, is_holdout, true as has_goal_data, false as is_goal_of_messages,
    1 as campaign_version, customers, if(is_holdout, 0, customers * 8 // 10) as sent_customers, 0 as open_customers,
    3 as contaminated_customers, planned_share, getvariable('as_of') - 60 as first_assigned_on,
    getvariable('as_of') - 60 as last_assigned_on
from base.arms;

create table campaigns.campaign_arm_metrics as
with measured as (
    select arm, customers, is_holdout, metric, mean, metric <> 'revenue' as is_share
    from base.arms, unnest([
        {metric: 'converted', mean: converted}, {metric: 'revenue', mean: revenue},
        {metric: 'sent', mean: if(is_holdout, 0, 0.8)}, {metric: 'delivered', mean: if(is_holdout, 0, 0.76)},
        {metric: 'opened', mean: if(is_holdout, 0, 0.3)}, {metric: 'clicked', mean: if(is_holdout, 0, 0.12)},
        {metric: 'opted_out', mean: opted_out}, {metric: 'complained', mean: opted_out / 2}
    ]) as of_arm (one), unnest([one.metric]) as m (metric), unnest([one.mean]) as n (mean)
)
select
    'dormant_recall' as campaign_id, arm, metric, if(metric in ('converted', 'revenue'), metric || '_before', null)
        as covariate,
    is_share, 1 as campaign_version, customers as units, 0 as missing_units,
    if(is_holdout, 0, customers * 8 // 10) as sent_units, mean,
    if(is_share, customers * mean * (1 - mean), customers * 90 * 90) as squares, 0 as lowest,
    if(is_share, 1, 300) as highest, 0.2 as covariate_mean, customers * 0.16 as covariate_squares,
    customers * 0.02 as products, if(is_holdout, null, mean * 1.1) as sent_mean,
    if(is_holdout, null, if(is_share, customers * 0.8 * mean * (1 - mean), customers * 6500)) as sent_squares, null as capped_mean, null as capped_squares,
    null as cap_low, null as cap_high
from measured;

create table campaigns.campaign_increments as
with against as (
    select arms.*, holdout.customers as held_out, holdout.converted as held_converted, holdout.revenue as held_revenue
    from base.arms as arms cross join base.arms as holdout where holdout.is_holdout and not arms.is_holdout
),
variants as (
    select arm as variant, customers, held_out, converted, revenue, held_converted, held_revenue from against
    union all
    select '*', sum(customers), any_value(held_out), avg(converted), avg(revenue), any_value(held_converted),
        any_value(held_revenue)
    from against
),
measured as (
    select variant, customers, held_out, 'converted' as metric, converted as mean, held_converted as held_mean,
        0.04 as reach from variants
    union all select variant, customers, held_out, 'revenue', revenue, held_revenue, 18 from variants
)
select
    'dormant_recall' as campaign_id, variant, metric, false as is_open, 1 as campaign_version, customers,
    held_out as holdout_customers, mean, held_mean as holdout_mean, customers * (mean - held_mean) as increment,
    customers * (mean - held_mean - reach) as increment_low, customers * (mean - held_mean + reach) as increment_high,
    getvariable('as_of') as as_of
from measured;

create table campaigns.campaign_fatigue as
select
    band, from_messages, messages, opted_out, opted_out // 2 as complained, opted_out / messages as opted_out_share,
    0.6 * opted_out / messages as opted_out_low, 1.5 * opted_out / messages as opted_out_high,
    opted_out // 2 / messages as complained_share, 0.5 * opted_out / messages as complained_low,
    1.2 * opted_out / messages as complained_high, getvariable('as_of') as as_of
from (values ('1', 1, 2900, 9), ('2', 2, 1400, 8), ('3_4', 3, 610, 7), ('5_8', 5, 120, 4))
    as v (band, from_messages, messages, opted_out);

create table campaigns.campaign_costs as
select
    'dormant_recall' as campaign_id, line, version as campaign_version, position, 200 * share_percent::double as budgeted,
    case counted_from when 'messages' then 83.25 when 'offers' then 2460 else 0 end as counted,
    case line when 'material' then 3200 when 'people' then 1500 else 0 end as booked, counted + booked as spent,
    getvariable('as_of') as as_of
from rules.budget_lines cross join (values (1)) as v (version);

create table campaigns.campaign_returns as
select
    'dormant_recall' as campaign_id, 1 as campaign_version, 123 as conversions, 20000 as budgeted, 7243.25 as spent,
    31795.5 as converted_revenue, converted.increment as incremental_conversions,
    converted.increment_low as incremental_conversions_low, converted.increment_high as incremental_conversions_high,
    revenue.increment as incremental_revenue, revenue.increment_low as incremental_revenue_low,
    revenue.increment_high as incremental_revenue_high, 7243.25 / converted.increment as cost_per_incremental_conversion,
    7243.25 / converted.increment_high as cost_per_incremental_conversion_low,
    7243.25 / converted.increment_low as cost_per_incremental_conversion_high,
    revenue.increment - 7243.25 as net_return, revenue.increment_low - 7243.25 as net_return_low,
    revenue.increment_high - 7243.25 as net_return_high, getvariable('as_of') as as_of
from campaigns.campaign_increments as converted
inner join campaigns.campaign_increments as revenue
    on converted.metric = 'converted' and revenue.metric = 'revenue' and converted.variant = '*' and revenue.variant = '*';

create table campaigns.campaign_values as
select
    'dormant_recall' as campaign_id, 'measured' as basis, false as is_of_file, 1 as measured_version, 2100 as customers,
    240 as holdout_customers, 2050 as messages, 9.25 as value_per_message, 1.0 as stated_value, 10.0 as stated_error,
    12.0 as measured_value, 5.77 as measured_error, 0.75 as measured_share, getvariable('as_of') - 1 as measured_on,
    getvariable('as_of') as as_of
union all
select
    'new_customer_welcome', 'few_customers', false, 1, 210, 12, 205, 1.0, 1.0, 10.0, null, null, 0.0,
    getvariable('as_of') - 1, getvariable('as_of');
