-- Second half of the test publication: scores, stages, value, metrics, segments, campaigns, description.
create table marts.customer_rfm as
with bought as (
    select
        customer_id, (getvariable('as_of') - max(ordered_at)::date)::int as recency_days,
        count(*)::int as frequency, sum(gross_amount - refund_amount)::decimal(18, 2) as monetary
    from base.orders where ordered_at::date > getvariable('as_of') - 365 group by customer_id
),
scored as (
    select
        *,
        least(5, 1 + floor(5 * (1 - percent_rank() over (order by recency_days))))::int as r_score,
        least(5, 1 + floor(5 * percent_rank() over (order by frequency)))::int as f_score,
        least(5, 1 + floor(5 * percent_rank() over (order by monetary)))::int as m_score
    from bought
),
flagged as (
    select
        *,
        r_score > avg(r_score) over () as is_r_high, f_score > avg(f_score) over () as is_f_high,
        m_score > avg(m_score) over () as is_m_high
    from scored
)
select
    customer_id,
    case when is_m_high then 'important' else 'general' end || case
        when is_r_high and is_f_high then '_value' when is_r_high then '_development'
        when is_f_high then '_keep' else '_retain' end as segment_8,
    case when is_m_high then '重要' else '一般' end || case
        when is_r_high and is_f_high then '价值' when is_r_high then '发展'
        when is_f_high then '保持' else '挽留' end || '客户' as segment_8_zh,
    case when r_score >= 4 and f_score >= 4 then 'champions' when r_score <= 2 then 'hibernating' else 'loyal' end
        as segment_11,
    case when r_score >= 4 and f_score >= 4 then '冠军客户' when r_score <= 2 then '沉睡客户' else '忠诚客户' end
        as segment_11_zh,
    r_score::varchar || f_score || m_score as rfm_score, recency_days, frequency, monetary,
    r_score, f_score, m_score, is_r_high, is_f_high, is_m_high, getvariable('as_of') as as_of
from flagged;

create table base.stage_grid as
with days as (
    select last_day(getvariable('as_of') - to_months(n::int))::date as day from range(1, 13) as r (n)
    union select getvariable('as_of')
),
facts as (
    select
        p.customer_id, d.day, (d.day - p.registered_day::date)::int as days_since_registration,
        (d.day - max(o.ordered_at)::date)::int as days_since_purchase
    from days as d
    inner join base.people as p on p.registered_day::date <= d.day
    left join base.orders as o on o.customer_id = p.customer_id and o.ordered_at::date <= d.day
    group by d.day, p.customer_id, p.registered_day
),
touched as (
    select
        f.*, (f.day - max(e.occurred_at)::date)::int as days_since_interaction,
        count(e.occurred_at) filter (where e.occurred_at::date > f.day - 30)::int as interactions_30d
    from facts as f
    left join base.events as e on e.customer_id = f.customer_id and e.occurred_at::date <= f.day
    group by f.customer_id, f.day, f.days_since_registration, f.days_since_purchase
)
select
    *, case
        when days_since_registration <= 90 and days_since_purchase is not null then 'new'
        when days_since_purchase is null then 'prospect'
        when days_since_purchase <= 180 and interactions_30d >= 2 then 'active'
        when days_since_purchase <= 180 then 'regular'
        when days_since_purchase <= 365 then 'dormant' else 'churned' end as stage
from touched;

create table marts.customer_lifecycle_history as
with changes as (
    select
        customer_id, stage, day as valid_from,
        lag(stage) over (partition by customer_id order by day) as previous_stage
    from base.stage_grid
    qualify previous_stage is distinct from stage
)
select
    customer_id, stage, previous_stage, lead(valid_from) over per_customer is null as is_current, valid_from,
    lead(valid_from) over per_customer as valid_to
from changes
window per_customer as (partition by customer_id order by valid_from);

create table marts.customer_lifecycle as
select
    g.customer_id, g.stage, h.previous_stage,
    '距上次购买 ' || coalesce(g.days_since_purchase::varchar, '—') || ' 天，近 30 天互动 ' || g.interactions_30d || ' 次'
        as reason_zh,
    'last purchase ' || coalesce(g.days_since_purchase::varchar, '—') || ' days ago, ' || g.interactions_30d
        || ' interactions in 30 days' as reason_en,
    g.days_since_purchase, g.days_since_interaction, g.days_since_registration, g.interactions_30d,
    h.valid_from as stage_since, g.day as as_of
from base.stage_grid as g
inner join marts.customer_lifecycle_history as h on g.customer_id = h.customer_id and h.is_current
where g.day = getvariable('as_of');

create table marts.customer_value as
with shares as (
    select
        c.customer_id, c.orders_count, coalesce(s.spend_6m, 0) as spend_6m,
        c.net_revenue / sum(c.net_revenue) over () as revenue_share,
        sum(c.net_revenue) over (order by c.net_revenue desc, c.customer_id) / sum(c.net_revenue) over ()
            as cumulative_revenue_share,
        c.interactions_30d
    from marts.customers as c
    left join (
        select customer_id, sum(gross_amount - refund_amount) as spend_6m from base.orders
        where ordered_at::date > getvariable('as_of') - 182 group by customer_id
    ) as s using (customer_id)
),
scores as (
    select
        *, round(100 * percent_rank() over (order by spend_6m, revenue_share), 1) as current_value_score,
        round(60 * percent_rank() over (order by orders_count, customer_id)
            + 40 * percent_rank() over (order by interactions_30d, customer_id desc), 1) as potential_value_score
    from shares
)
select
    customer_id,
    case when cumulative_revenue_share <= 0.8 then 'A' when cumulative_revenue_share <= 0.95 then 'B' else 'C' end
        as abc_class,
    case when current_value_score >= 60 and potential_value_score >= 60 then 'star'
        when current_value_score >= 60 then 'cash_cow'
        when potential_value_score >= 60 then 'potential' else 'basic' end as quadrant,
    case when current_value_score + potential_value_score >= 140 then 'high_loyalty'
        when current_value_score + potential_value_score >= 80 then 'potential' else 'to_be_activated' end
        as loyalty_tier,
    case when current_value_score >= 80 then 'high' else 'ordinary' end as value_tier,
    spend_6m::decimal(18, 2) as spend_6m, orders_count::double as order_frequency,
    case when orders_count > 1 then 1 - 1.0 / orders_count end as repurchase_rate, 5.5 as response_speed_hours,
    round((current_value_score + potential_value_score) / 2, 1) as value_score, current_value_score,
    potential_value_score, revenue_share::double as revenue_share,
    cumulative_revenue_share::double as cumulative_revenue_share, getvariable('as_of') as as_of
from scores;

create table marts.monthly_repurchase as
with buyers as (
    select
        date_trunc('month', ordered_at)::date as month, customer_id,
        bool_or(ordered_at > first_purchase_at) as is_repeat
    from base.orders inner join base.totals using (customer_id) where gross_amount > refund_amount group by all
)
select
    month, count(*) as buyers, count_if(is_repeat) as repeat_buyers, count_if(is_repeat) / count(*) as repurchase_rate
from buyers group by month;

create table marts.data_quality as
select channel, 'events' as table_name, 3 as files, n as physical_rows, n - bad as loaded_rows, bad as quarantined_rows,
    getvariable('as_of')::timestamp + interval 22 hours as last_loaded_at
from (
    select channel, count(*) as n, count(*) // 200 as bad from base.events group by channel
    union all select 'shop', count(*), 12 from base.orders
);

create table segments.segment_dormant_recall as
select customer_id from marts.customer_lifecycle where stage = 'dormant';
create table segments.segment_high_value as
select customer_id from marts.customer_value where value_tier = 'high';
create table segments.segment_new_customers as
select customer_id from marts.customer_lifecycle where stage = 'new';
create table segments.segment_win_back as
select customer_id from marts.customer_lifecycle inner join marts.customer_value using (customer_id)
where stage = 'churned' and abc_class in ('A', 'B');

create table segments.segment_members as
select 'dormant_recall' as segment, customer_id from segments.segment_dormant_recall
union all select 'high_value', customer_id from segments.segment_high_value
union all select 'new_customers', customer_id from segments.segment_new_customers
union all select 'win_back', customer_id from segments.segment_win_back;

create table campaigns.campaign_plan as
with people as (
    select row_number() over (order by s.customer_id) as n, s.customer_id, c.phone_mask, c.phone_token, c.city
    from segments.segment_dormant_recall as s inner join marts.customers as c using (customer_id)
)
select
    'dormant_recall' as campaign_id, customer_id, channel, 1 as step, 1 as campaign_version, '2026-06' as occurrence,
    'dormant_recall' as segment, if(channel = 'sms', 'crm_webhook', 'app_push_files') as destination,
    null::text as employee, 'dormant_recall' as template, 'a' as variant,
    case when n % 10 = 0 or n % 4 = 1 then 'hold' when n % 7 = 0 then 'refuse' else 'send' end as decision,
    case when n % 10 = 0 then 'holdout' when n % 4 = 1 then 'frequency_cap' when n % 7 = 0 then 'no_consent' end
        as reason,
    case when n % 10 = 0 then 'holdout' when n % 4 = 1 then 'frequency_cap' when n % 7 = 0 then 'no_consent' end
        as reasons,
    'phone' as identifier_type, phone_token as identifier_token,
    phone_mask as identifier_mask, case when not (n % 10 = 0 or n % 4 = 1 or n % 7 = 0)
        then json_object('city', city, 'days_since_purchase', 91 + n % 90)::varchar end as fields,
    'marketing' as consent_purpose, 'marketing' as cap_class, 50 as priority, 50.0 as value_score,
    1.0 as expected_value, null::text as lost_to,
    n % 10 = 0 as is_holdout, true as is_approved, getvariable('as_of') as as_of
from people, (values ('sms'), ('app_push')) as v (channel);

create table campaigns.campaign_messages as
with people as (
    select row_number() over (order by customer_id) as n, customer_id from marts.customers
),
messages as (
    select channel, variant, planned, n - first_n as k, customer_id
    from (values ('sms', 'A', 412, 0), ('sms', 'B', 398, 412), ('app_push', 'A', 205, 0), ('app_push', 'B', 211, 205))
        as v (channel, variant, planned, first_n)
    inner join people on n > first_n and n <= first_n + planned
)
select
    channel || variant || k as delivery_id, 'dormant_recall' as campaign_id, customer_id, 1 as campaign_version,
    1 as step, channel, variant,
    case when k <= planned // 9 then 'held' when k <= planned // 9 + planned // 12 then 'refused'
        when k <= planned // 9 + planned // 12 + planned // 200 then 'unknown' else 'sent' end as counted_as,
    k > planned - planned * 76 // 100 as is_delivered, k > planned - planned * 31 // 100 as is_opened,
    k > planned - planned * 12 // 100 as is_clicked, counted_as = 'sent' and k % 60 = 0 as is_bounced,
    counted_as = 'sent' and k % 80 = 0 as is_failed, counted_as = 'sent' and k % 150 = 0 as is_unsubscribed,
    counted_as = 'sent' and k % 170 = 0 as is_complained,
    k > planned - planned * 6 // 100 as is_converted,
    if(is_converted, 258.5, 0)::decimal(18, 2) as converted_revenue,
    if(counted_as = 'sent', getvariable('as_of')::timestamp - to_days(k::int % 80), null) as accepted_at
from messages;

-- some of them were held out of both versions
create table campaigns.campaign_holdout_customers as
with people as (
    select row_number() over (order by customer_id desc) as n, customer_id from marts.customers
)
select
    'dormant_recall' as campaign_id, customer_id, version as campaign_version, n <= 2 + version as is_converted,
    getvariable('as_of') - 20 as held_out_on
from people inner join (values (1, 0, 122), (2, 100, 160)) as v (version, first_n, last_n)
    on n > first_n and n <= last_n;

create table campaigns.campaign_performance as
with holdouts as (
    select campaign_id, campaign_version, count(*) as holdout_customers, countif(is_converted) as holdout_converted
    from campaigns.campaign_holdout_customers group by all
)
select
    campaign_id, campaign_version, step, channel, variant, '沉睡客户召回' as name_zh, 'Dormant customer recall' as name_en,
    count(*) as planned, countif(counted_as = 'held') as held, countif(counted_as = 'refused') as refused,
    0 as expired, 0 as cancelled, countif(counted_as = 'sent') as sent, countif(is_delivered) as delivered,
    countif(is_opened) as opened, countif(is_clicked) as clicked, countif(is_bounced) as bounced,
    countif(is_failed) as failed, countif(is_unsubscribed) as unsubscribed, countif(is_complained) as complained,
    countif(counted_as = 'unknown') as unknown, countif(is_converted) as converted,
    sum(converted_revenue) as converted_revenue, any_value(holdout_customers) as holdout_customers,
    any_value(holdout_converted) as holdout_converted, getvariable('as_of') as as_of
from campaigns.campaign_messages inner join holdouts using (campaign_id, campaign_version)
group by all
union all
select
    campaign_id, campaign_version, 1, 'sms', 'A', '沉睡客户召回', 'Dormant customer recall', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, holdout_customers, holdout_converted, getvariable('as_of')
from holdouts where campaign_version = 2;

create table marts.held_rows as
select * from (values
    ('shop', 'orders', 'unknown_status', 'partially_returned', 34::bigint, 41::bigint, 0.013),
    ('shop', 'orders', 'no_exchange_rate', 'KRW', 7, 41, 0.013),
    ('loyalty', 'points', 'unknown_kind', 'gift', 12, 12, 0.004),
    ('pos', 'orders', 'no_status', null, 3, 3, 0.0006),
    ('surveys', 'feedback', 'no_time', null, 2, null, null)
) as v (channel, concept, reason, value, held_rows, channel_held_rows, channel_held_share);

create table marts.order_totals as
select channel, 'CNY' as reporting_currency, customer_sales::bigint as customer_sales, anonymous_sales::bigint as anonymous_sales,
    test_sales::bigint as test_sales, held_orders::bigint as held_orders, 17 as unlisted_sales,
    customer_sales // 90 as largest_buyer_sales, 0 as later_orders,
    customer_revenue::decimal(18, 2) as customer_revenue, anonymous_revenue::decimal(18, 2) as anonymous_revenue,
    test_revenue::decimal(18, 2) as test_revenue, getvariable('as_of') as as_of
from (values
    ('pos', 5120, 1904, 0, 3, 1530422.5, 402113.0, 0), ('shop', 3087, 0, 14, 41, 1112094.1, 0, 3320)
) as v (channel, customer_sales, anonymous_sales, test_sales, held_orders, customer_revenue, anonymous_revenue,
    test_revenue);

create table marts.identity_spread as
select * from (values
    ('merged_share', 'c_01 (9), c_02 (8)', 0.52, 0.85, true), ('probable_share', 'c_07 (3), c_09 (2)', 0.31, 0.25, false),
    ('largest_customer', 'c_01 (9), c_02 (8)', 9, 100, true), ('large_share', 'c_01 (9), c_02 (8)', 0, 0.02, true)
) as v (measure, largest_customers, value, bound, is_within);

create table publication.runs as
select getvariable('run_id') as publication_id, getvariable('run_id') as run_id, getvariable('as_of') as as_of,
    getvariable('as_of')::timestamp + interval 22 hours as published_at;

create table publication.models as
select 'segments' as schema_name, * from (values
    ('segment_dormant_recall', 'Bought before, silent for 90 days', '{"name_zh": "沉睡召回", "name_en": "Dormant recall"}'),
    ('segment_high_value', 'High value tier', '{"name_zh": "高价值客户", "name_en": "High-value customers"}'),
    ('segment_new_customers', 'Arrived within 90 days', '{"name_zh": "新客户", "name_en": "New customers"}'),
    ('segment_win_back', 'Churned but once valuable', '{"name_zh": "流失挽回", "name_en": "Win back"}')
) as v (table_name, description, meta);
