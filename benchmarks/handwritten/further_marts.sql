-- Part of the peer of the full refresh, after marts.sql in the same session: segments, what a customer did in each channel,
-- repurchase by month, and the figures of each day.

create table segment_members as
select unnest(list_filter([
        case when stage = 'dormant' then 'dormant_recall' end,
        case when value_tier = 'high' and stage not in ('prospect', 'churned') then 'high_value' end,
        case when stage = 'new' then 'new_customers' end,
        case when stage = 'churned' and abc_class in ('A', 'B') then 'win_back' end
    ], lambda segment: segment is not null)) as segment, customer_id
from customer_lifecycle inner join customer_value using (customer_id);

create table segment_dormant_recall as select customer_id from segment_members where segment = 'dormant_recall';
create table segment_high_value as select customer_id from segment_members where segment = 'high_value';
create table segment_new_customers as select customer_id from segment_members where segment = 'new_customers';
create table segment_win_back as select customer_id from segment_members where segment = 'win_back';

create table customer_channel_summary as
with united as (
    select customer_id, split_part(id, ':', 1) as channel, 1 as source_profiles, 0 as orders, 0 as interactions, 0 as net, registered_at as first_at, registered_at as last_at
    from members
    union all
    select customer_id, split_part(id, ':', 1), 0, orders, 0, gross - refunded, first_at, last_at from profile_orders inner join members using (id)
    union all
    select customer_id, split_part(id, ':', 1), 0, 0, interactions, 0, first_at, last_at from profile_days inner join owners using (id)
)
select customer_id, channel, sum(source_profiles)::int as source_profiles, sum(orders)::int as orders_count, sum(interactions)::bigint as interactions_count,
    sum(net)::decimal(18, 2) as net_revenue, min(first_at) as first_seen_at, max(last_at) as last_seen_at
from united group by customer_id, channel;

create table monthly_repurchase as
with bought as (
    select customer_id, date_trunc('month', ordered_at)::date as month, count(*) as orders from dated_orders inner join members using (id) where is_kept group by all
)
select count(*)::int as buyers, (count(*) filter (where bought.orders > 1 or first_purchase_at::date < month))::int as repeat_buyers,
    round(repeat_buyers / buyers, 6) as repurchase_rate, month
from bought inner join totals using (customer_id) group by month;

create table daily_metrics as
with sales as (
    select customer_id, day, return_day, bought, paid, returned from dated_orders left join members using (id)
    where id is null or id not in (select id from profiles where is_test)
),
tickets as (
    select created_at::date as metric_date, count(*) as tickets, count(*) filter (where kind = 'complaint') as complaints from tickets group by all
),
purchases as (
    select day as metric_date, count(*) as orders, count(distinct customer_id) as buyers, sum(paid) as paid from sales where bought group by all
),
returns as (select return_day as metric_date, sum(returned) as returned from sales group by all),
visits as (select day as metric_date, sum(interactions) as interactions, count(*) as active_customers from customer_days group by all),
arrivals as (select first_seen_at::date as metric_date, count(*) as new_customers from totals group by all)
select metric_date, coalesce(new_customers, 0)::int as new_customers, coalesce(orders, 0)::int as orders, coalesce(buyers, 0)::int as buyers,
    (coalesce(paid, 0) - coalesce(returned, 0))::decimal(18, 2) as net_revenue, coalesce(returned, 0)::decimal(18, 2) as refunded_amount,
    coalesce(interactions, 0)::bigint as interactions, coalesce(active_customers, 0)::int as active_customers,
    coalesce(tickets, 0)::int as tickets, coalesce(complaints, 0)::int as complaints
from (select getvariable('as_of') - n::int as metric_date from range(730) as days(n))
left join arrivals using (metric_date) left join purchases using (metric_date) left join returns using (metric_date)
left join visits using (metric_date) left join tickets using (metric_date);
