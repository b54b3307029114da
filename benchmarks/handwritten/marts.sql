-- Part of the peer of the full refresh, after customers.sql in the same session: RFM, stages with their history, and value.

create macro bucket(place, n) as case
    when place <= (n % 5) * (n // 5 + 1) then (place - 1) // (n // 5 + 1) + 1
    else (n % 5) + (place - 1 - (n % 5) * (n // 5 + 1)) // greatest(n // 5, 1) + 1
end;

create table customer_rfm as
with scored as (
    select customer_id, date_diff('day', last_purchase_at::date, getvariable('as_of')) as recency_days, orders_365 as frequency, net_365 as monetary, orders,
        bucket(rank() over (order by recency_days desc), count(*) over ()) as r_score,
        bucket(rank() over (order by frequency), count(*) over ()) as f_score,
        bucket(rank() over (order by monetary), count(*) over ()) as m_score
    from totals where orders_365 > 0
),
graded as (
    select *, recency_days <= 30 or r_score > avg(r_score) over () and recency_days <= 180 as is_r_high,
        f_score > avg(f_score) over () and frequency >= 3 and recency_days <= 730 as is_f_high, m_score > avg(m_score) over () as is_m_high from scored
),
names as (select * from read_csv(getvariable('seeds') || '/rfm_segments_11.csv')),
named as (
    select recency_days, frequency, orders, min_by(segment, position) as segment, min_by(name_zh, position) as name_zh
    from (select distinct r_score, f_score, recency_days, frequency, orders from graded) inner join names
        on r_score between min_r_score and max_r_score and f_score between min_f_score and max_f_score and recency_days between min_recency_days and max_recency_days
        and frequency between min_frequency and max_frequency and orders <= max_orders_ever
    group by all
)
select graded.* exclude (orders), s8.segment as segment_8, s8.name_zh as segment_8_zh, s11.segment as segment_11, s11.name_zh as segment_11_zh,
    (r_score * 100 + f_score * 10 + m_score)::varchar as rfm_score, getvariable('as_of') as as_of
from graded
inner join read_csv(getvariable('seeds') || '/rfm_segments_8.csv') as s8 using (is_r_high, is_f_high, is_m_high)
inner join named as s11 using (recency_days, frequency, orders);

create table customer_lifecycle_history as
with passing as (select customer_id, one.* from (select customer_id, unnest(passing_days) as one from totals)),
purchases as (
    select customer_id, day, lead(day) over w - day as silence, lag(day) over w as earlier from (select customer_id, unnest(days) as day from totals)
    window w as (partition by customer_id order by day)
),
-- contacts long before the first purchase decide nothing
contacts as (
    select customer_id, day, interactions, lead(day) over w - day as silence, sum(interactions) over (w range between 1 following and 30 following) as soon_after
    from customer_days inner join totals using (customer_id) where day > first_sale_at::date - 30
    window w as (partition by customer_id order by day - date '1970-01-01')
),
turns as (
    select customer_id, day, day as bought, null::date as contact, 0 as interactions from purchases
    union all select customer_id, day, null, day, interactions from contacts
    union all
    select customer_id, day + n, null, null, 0 from purchases, (values (90), (180), (365)) as v(n) where silence is null or silence >= n or n = 90 and earlier is null
    union all select customer_id, unnest([paid_day, taken_day, day + 90, day + 180, day + 365]), null, null, 0 from passing
    union all select customer_id, day + 30, null, null, 0 from contacts where soon_after is null or soon_after < 2
    union all select customer_id, day + n, null, null, 0 from contacts, (values (90), (365)) as v(n) where silence is null or silence >= n
    union all select customer_id, unnest([first_interaction_at::date, registered_at::date, registered_at::date + 90]), null, null, 0 from totals
),
days as (
    select customer_id, day, max(bought) as bought, max(contact) as contact, sum(interactions)::int as interactions
    from turns where day <= getvariable('as_of') group by customer_id, day
),
known as (
    select customer_id, day, min(bought) over w as first_purchase, max(bought) over w as last_purchase, max(contact) over w as last_contact,
        sum(interactions) over (w range between 29 preceding and current row) as interactions
    from days window w as (partition by customer_id order by day - date '1970-01-01')
),
passed as (
    select k.customer_id, k.day, min(p.day) as first_passing, max(p.day) as last_passing
    from known as k inner join passing as p on k.customer_id = p.customer_id and k.day >= p.paid_day and (p.taken_day is null or k.day < p.taken_day) group by all
),
dated as (
    select k.customer_id, k.day, interactions, last_contact, c.registered_at::date as registered, least(c.registered_at::date, first_interaction_at::date, first_paid) as first_seen,
        least(first_purchase, first_passing) as first_purchase, greatest(last_purchase, last_passing) as last_purchase
    from known as k inner join (
        select *, least(list_min(days), list_min(list_transform(passing_days, lambda one: one.paid_day))) as first_paid from totals
    ) as c using (customer_id)
    left join passed using (customer_id, day)
),
staged as (
    select *, case
        when day - first_purchase between 0 and 89 or day - registered between 0 and 89 then 'new'
        when last_purchase is null then 'prospect'
        when day - greatest(last_purchase, last_contact) >= 365 then 'churned'
        when day - greatest(last_purchase, last_contact) >= 90 then 'dormant'
        when interactions >= 2 and day - last_purchase < 180 then 'active'
        else 'regular'
    end as stage from dated where day >= first_seen
    union all
    select customer_id, null, 0, null, null, null, null, null, 'prospect' from totals where first_seen_at is null
),
changes as (
    select customer_id, stage, lag(stage) over (partition by customer_id order by day) as previous_stage, day as valid_from from staged
    qualify stage is distinct from previous_stage
)
select *, lead(valid_from) over (partition by customer_id order by valid_from) as valid_to, valid_to is null as is_current from changes;

create table customer_lifecycle as
with measured as (
    select customer_id, stage, previous_stage, getvariable('as_of') - first_purchase_at::date as days_since_first, getvariable('as_of') - last_purchase_at::date as days_since_purchase,
        getvariable('as_of') - last_interaction_at::date as days_since_interaction, getvariable('as_of') - registered_at::date as days_since_registration,
        interactions_30d, valid_from as stage_since
    from customer_lifecycle_history inner join totals using (customer_id) where valid_to is null
),
worded as (
    select *, case when days_since_first < 90 then '首次购买距今 ' || days_since_first || ' 天' when stage = 'new' then '注册距今 ' || days_since_registration || ' 天'
            when days_since_purchase is null then '从未购买' else '最近购买距今 ' || days_since_purchase || ' 天' end as bought_zh,
        case when days_since_first < 90 then 'first purchase ' || days_since_first || ' days ago' when stage = 'new' then 'registered ' || days_since_registration || ' days ago'
            when days_since_purchase is null then 'never bought' else 'last purchase ' || days_since_purchase || ' days ago' end as bought_en,
        bought_zh || coalesce('，最近互动距今 ' || days_since_interaction || ' 天', '，没有互动') as seen_zh,
        bought_en || coalesce(', last interaction ' || days_since_interaction || ' days ago', ', no interaction') as seen_en
    from measured
)
select * exclude (bought_zh, bought_en, seen_zh, seen_en, days_since_first),
    case stage when 'new' then bought_zh || '，在 90 天内' when 'prospect' then '已知客户，从未购买' when 'churned' then seen_zh || '，均不少于 365 天'
        when 'dormant' then seen_zh || '，均不少于 90 天' when 'active' then '近 30 天互动 ' || interactions_30d || ' 次（不少于 2 次），' || bought_zh || '，在 180 天内'
        else seen_zh || case when days_since_purchase < 180 then '，180 天内购买过，但不够活跃' else '，90 天内仍有互动' end end as reason_zh,
    case stage when 'new' then bought_en || ', within 90 days' when 'prospect' then 'known, never bought' when 'churned' then seen_en || ', both at least 365 days'
        when 'dormant' then seen_en || ', both at least 90 days' when 'active' then interactions_30d || ' interactions in 30 days (at least 2), ' || bought_en || ', within 180 days'
        else seen_en || case when days_since_purchase < 180 then ': bought within 180 days but not active' else ': still in touch within 90 days' end end as reason_en,
    getvariable('as_of') as as_of
from worded;

create table customer_value as
with measured as (
    select *, greatest(net, 0) as revenue, greatest(net_180, 0) as spend_6m, orders_365 / 12 as order_frequency,
        coalesce(greatest(orders - 1, 0) / nullif(orders, 0), 0) as repurchase_rate from totals
),
ranked as (
    select *, percent_rank() over (order by spend_6m) as spend, percent_rank() over (order by order_frequency) as frequency,
        percent_rank() over (order by repurchase_rate) as repurchase, percent_rank() over (order by interactions_30d) as engagement,
        percent_rank() over (order by response_hours desc nulls first) as speed,
        sum(revenue) over (order by revenue desc) as so_far, sum(revenue) over () as total from measured
),
scored as (
    select *, round(100 * (spend * 0.4 + frequency * 0.3 + repurchase * 0.2 + speed * 0.1), 2) as value_score, round(100 * (spend * 0.6 + frequency * 0.4), 2) as current_value_score,
        round(100 * (repurchase * 0.4 + speed * 0.2 + engagement * 0.4), 2) as potential_value_score from ranked
),
rated as (
    select *, coalesce(getvariable('as_of') - greatest(last_purchase_at, last_interaction_at)::date < 365, true) as is_in_touch,
        is_in_touch and current_value_score > avg(current_value_score) over () and percent_rank() over (order by current_value_score desc) < 0.3 as is_current_high,
        is_in_touch and potential_value_score > avg(potential_value_score) over () and percent_rank() over (order by potential_value_score desc) < 0.3 as is_potential_high from scored
)
select customer_id, value_score, current_value_score, potential_value_score, spend_6m::decimal(18, 2) as spend_6m, round(order_frequency, 4) as order_frequency,
    round(repurchase_rate, 4) as repurchase_rate, response_hours as response_speed_hours, round(coalesce(revenue / nullif(total, 0), 0), 8) as revenue_share,
    round(coalesce(so_far / nullif(total, 0), 0), 8) as cumulative_revenue_share, getvariable('as_of') as as_of,
    case when revenue = 0 then 'C' when so_far - revenue < total * 0.8 then 'A' when so_far - revenue < total * 0.95 then 'B' else 'C' end as abc_class,
    case when is_current_high and is_potential_high then 'star' when is_current_high then 'cash_cow' when is_potential_high then 'potential' else 'basic' end as quadrant,
    case when value_score >= 70 then 'high' else 'ordinary' end as value_tier,
    case when (r_score >= 3 or recency_days <= 30) and f_score >= 4 and interactions_30d >= 2 and window_orders >= 3 and recency_days <= 180 then 'high_loyalty'
        when r_score >= 3 or recency_days <= 30 then 'potential' else 'to_be_activated' end as loyalty_tier
from rated left join (select customer_id, r_score, f_score, recency_days, frequency as window_orders from customer_rfm) using (customer_id);
