-- Part of the peer of the full refresh, after quality_marts.sql and order_lines.sql in the same session: what customers
-- said by day, and the customer base as of today.

create table metric_days as select getvariable('as_of') - n::int as metric_day from range(730) as r (n);

create table daily_feedback as
with scores as (
    select 'surveys' as channel, 'survey' as kind, metric, scene, score, null as attended_at, answered_at as said_at
    from (unpivot (select scene, answered_at, nps, csat, ces from responses) on nps, csat, ces into name metric value score)
    union all
    select 'surveys', 'survey', 'comment', scene, null, null, answered_at from responses where has_comment and coalesce(nps, csat, ces) is null
    union all select 'service', 'ticket', 'satisfaction', contact_channel, satisfaction, null, created_at from tickets
    union all select 'activities', 'activity', 'activity', activity_type, score, attended_at, registered_at from registrations
)
select channel, kind, metric, scene, count(*)::int as entries, count(score)::int as answers, coalesce(sum(score), 0)::decimal(18, 2) as score_total,
    count(*) filter (where metric = 'nps' and score >= 9)::int as promoters, count(*) filter (where metric = 'nps' and score <= 6)::int as detractors,
    count(score) filter (where metric in ('csat', 'satisfaction'))::int as judged_answers,
    count(*) filter (where metric in ('csat', 'satisfaction') and score <= 2)::int as negative_answers,
    count(*) filter (where kind = 'activity' and attended_at < getvariable('as_of') + 1)::int as attended, said_at::date as feedback_day
from scores where in_last(said_at::date, 730) group by channel, kind, metric, scene, said_at::date;

create table business_snapshots as
with base as (
    select count(*) as customers, count(*) filter (where source_profiles > 1) as merged_customers,
        count(*) filter (where coalesce(message_phone_token, email_token, app_user_id, wecom_external_userid) is not null) as reachable_customers,
        count(name_token) + count(coalesce(phone_token, email_token)) + count(gender) + count(birthday) + count(coalesce(city, province)) as core_fields_known,
        5 * count(*) as core_fields, count(*) filter (where orders_count > 0) as buyers_ever,
        count(*) filter (where interactions_30d > 0 or last_purchase_at::date > getvariable('as_of') - 30) as active_customers_30d
    from customers
),
stages as (select count(*) filter (where stage = 'dormant') as dormant_customers, count(*) filter (where stage = 'churned') as churned_customers from customer_lifecycle),
tiers as (select count(*) filter (where value_tier = 'high') as high_value_customers from customer_value),
arrived as (
    select sum(physical_rows)::bigint as rows_read, sum(loaded_rows)::bigint as rows_loaded, count(distinct if(loaded_rows > 0, channel, null))::int as channels_connected
    from data_quality where channel <> 'operations'
),
listed as (
    select count(*)::int as listed, (count(*) filter (where channel in (select channel from data_quality where loaded_rows > 0)))::int as sources_connected,
        (
            select sum(loaded_rows)::bigint from data_quality where channel in
            (select channel from read_csv(getvariable('seeds') || '/goals/company_sources.csv') group by channel having bool_and(is_automatic))
        ) as automatic,
        list_has_all(list(channel), (select list(distinct channel) from data_quality where loaded_rows > 0 and channel <> 'operations')) as is_whole
    from read_csv(getvariable('seeds') || '/goals/company_sources.csv')
),
bought as (
    select customer_id, count(distinct category) as categories from order_lines inner join dated_orders using (order_id) inner join members using (id)
    where is_kept and category is not null and amount >= 0 and coalesce(sku, product_name) is not null group by all
),
by_day as (
    select customer_id, category, ordered_at::date as day, count(*) as lines from order_lines inner join dated_orders using (order_id) inner join members using (id)
    where is_kept and category is not null and amount >= 0 and coalesce(sku, product_name) is not null group by all
),
newest as (select customer_id, max(day) as newest_day from by_day group by customer_id),
sums as (select customer_id, category, sum(lines) as lines from by_day inner join newest using (customer_id) where day < newest_day group by all),
wanted as (select customer_id, arg_max(category, lines) as category from sums group by all having sum(lines) >= 6 and max(lines) * 4 >= sum(lines) * 3),
needs as (
    select count(*) as needs_tested, count(by_day.customer_id) as needs_confirmed
    from wanted inner join newest using (customer_id) inner join customers using (customer_id)
    left join by_day on by_day.customer_id = wanted.customer_id and by_day.category = wanted.category and day = newest_day
    where newest_day > getvariable('as_of') - 90 and not is_profiling_optout and (birthday is null or birthday + interval 18 years <= getvariable('as_of'))
),
baskets as (select count(*) as category_buyers, count(*) filter (where categories > 1) as cross_category_buyers from bought)
select customers, merged_customers, reachable_customers, core_fields_known, core_fields, buyers_ever, active_customers_30d, dormant_customers, churned_customers,
    high_value_customers, rows_read, rows_loaded, channels_connected, category_buyers, cross_category_buyers, if(is_whole, listed, null) as company_sources,
    if(is_whole, sources_connected, null) as sources_connected, if(is_whole, automatic, null) as rows_automatic, null::bigint as interactions_settled, null::bigint as interactions_in_time,
    needs_tested, needs_confirmed, null::int as open_opportunities, getvariable('as_of') as as_of
from base, stages, tiers, arrived, listed, baskets, needs;
