-- The second half of the peer of the full refresh; customers.sql ran before it, in the same session.

-- ---- marts ----------------------------------------------------------------------------------------------------------
create macro bucket(place, n) as case
    when place <= (n % 5) * (n // 5 + 1) then (place - 1) // (n // 5 + 1) + 1
    else (n % 5) + (place - 1 - (n % 5) * (n // 5 + 1)) // greatest(n // 5, 1) + 1
end;

create table customer_rfm as
with scored as (
    select customer_id, date_diff('day', last_purchase_at::date, getvariable('as_of')) as recency_days, orders_365 as frequency, net_365 as monetary,
        bucket(rank() over (order by recency_days desc), count(*) over ()) as r_score,
        bucket(rank() over (order by frequency), count(*) over ()) as f_score,
        bucket(rank() over (order by monetary), count(*) over ()) as m_score
    from customers where orders_365 > 0
),
graded as (
    select *, r_score > avg(r_score) over () as is_r_high, f_score > avg(f_score) over () as is_f_high, m_score > avg(m_score) over () as is_m_high from scored
)
select graded.*, s8.segment as segment_8, s11.segment as segment_11
from graded
inner join read_csv(getvariable('seeds') || '/rfm_segments_8.csv') as s8 using (is_r_high, is_f_high, is_m_high)
inner join read_csv(getvariable('seeds') || '/rfm_segments_11.csv') as s11 using (r_score, f_score);

create temp table grid as
select point, case when point = 12 then getvariable('as_of') else (date_trunc('month', getvariable('as_of')) - to_months(11 - point) - interval 1 day)::date end as day
from range(13) as r(point);

create table customer_lifecycle_history as
with purchases as (
    select customer_id, (select min(point) from grid where grid.day >= bought.day) as point, max(day) as last_purchase, min(day) as first_purchase
    from (select customer_id, unnest(days) as day from customers) as bought group by all
),
taken as (
    select customer_id, point, max(one.day) as last_taken, min(one.day) as first_taken
    from (select customer_id, unnest(taken_days) as one from customers) as bought
    inner join grid on one.day <= grid.day and one.taken_day > grid.day group by all
),
contacts as (
    select customer_id, (select min(point) from grid where grid.day >= customer_days.day) as point, max(day) as last_contact from customer_days group by all
),
recent as (
    select customer_id, point, sum(interactions) as interactions
    from customer_days inner join grid on customer_days.day > grid.day - 30 and customer_days.day <= grid.day group by all
),
known as (
    select c.customer_id, g.point, g.day, registered_at::date as registered, least(min(first_purchase) over w, first_taken) as first_purchase,
        coalesce(first_seen_at::date, (select min(day) from grid)) as first_seen, coalesce(recent.interactions, 0) as interactions,
        greatest(max(last_purchase) over w, last_taken) as last_purchase, max(last_contact) over w as last_contact
    from customers as c cross join grid as g
    left join purchases using (customer_id, point) left join taken using (customer_id, point) left join contacts using (customer_id, point) left join recent using (customer_id, point)
    window w as (partition by c.customer_id order by g.point)
),
staged as (
    select *, case
        when first_seen > day then null
        when day - first_purchase between 0 and 89 or day - registered between 0 and 89 then 'new'
        when last_purchase is null then 'prospect'
        when day - greatest(last_purchase, last_contact) >= 365 then 'churned'
        when day - greatest(last_purchase, last_contact) >= 90 then 'dormant'
        when interactions >= 2 and day - last_purchase < 180 then 'active'
        else 'regular'
    end as stage from known
),
changes as (
    select customer_id, stage, lag(stage) over (partition by customer_id order by point) as previous_stage, day as valid_from from staged
    qualify stage is not null and stage is distinct from previous_stage
)
select *, lead(valid_from) over (partition by customer_id order by valid_from) as valid_to from changes;

create table customer_lifecycle as
select customer_id, stage, previous_stage, getvariable('as_of') - last_purchase_at::date as days_since_purchase,
    getvariable('as_of') - last_interaction_at::date as days_since_interaction, interactions_30d, valid_from as stage_since
from customer_lifecycle_history inner join customers using (customer_id) where valid_to is null;

create table customer_value as
with measured as (
    select *, greatest(net, 0) as revenue, greatest(net_180, 0) as spend_6m, orders_365 / 12 as order_frequency,
        coalesce(greatest(orders - 1, 0) / nullif(orders, 0), 0) as repurchase_rate from customers
),
ranked as (
    select *, percent_rank() over (order by spend_6m) as spend, percent_rank() over (order by order_frequency) as frequency,
        percent_rank() over (order by repurchase_rate) as repurchase, percent_rank() over (order by interactions_30d) as engagement,
        percent_rank() over (order by response_hours desc nulls first) as speed,
        sum(revenue) over (order by revenue desc) as so_far, sum(revenue) over () as total from measured
),
scored as (
    select *, round(100 * (spend * 0.4 + frequency * 0.3 + repurchase * 0.2 + speed * 0.1), 2) as value_score, round(100 * (spend * 0.6 + frequency * 0.4), 2) as current_score,
        round(100 * (repurchase * 0.4 + speed * 0.2 + engagement * 0.4), 2) as potential_score from ranked
),
rated as (select *, current_score > avg(current_score) over () as is_current_high, potential_score > avg(potential_score) over () as is_potential_high from scored)
select customer_id, value_score, current_score, potential_score, revenue / nullif(total, 0) as revenue_share,
    case when revenue = 0 then 'C' when so_far - revenue < total * 0.8 then 'A' when so_far - revenue < total * 0.95 then 'B' else 'C' end as abc_class,
    case when is_current_high and is_potential_high then 'star' when is_current_high then 'cash_cow' when is_potential_high then 'potential' else 'basic' end as quadrant,
    case when value_score >= 70 then 'high' else 'ordinary' end as value_tier
from rated;
