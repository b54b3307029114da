-- The third part of the peer of the full refresh, after customers.sql and marts.sql in the same session: segments, what a
-- customer did in each channel, and repurchase by month.

create table segment_members as
select unnest(list_filter([
        case when stage = 'dormant' then 'dormant_recall' end,
        case when value_tier = 'high' and stage not in ('prospect', 'churned') then 'high_value' end,
        case when stage = 'new' then 'new_customers' end,
        case when stage = 'churned' and abc_class in ('A', 'B') then 'win_back' end
    ], lambda segment: segment is not null)) as segment, customer_id
from customer_lifecycle inner join customer_value using (customer_id);

create table customer_channel_summary as
with united as (
    select customer_id, split_part(id, ':', 1) as channel, 1 as source_profiles, 0 as orders, 0 as interactions, 0 as net, registered_at as first_at, registered_at as last_at
    from members
    union all
    select customer_id, split_part(id, ':', 1), 0, orders, 0, gross - refunded, first_at, last_at from profile_orders inner join members using (id)
    union all
    select customer_id, split_part(id, ':', 1), 0, 0, interactions, 0, first_at, last_at from profile_days inner join members using (id)
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
from bought inner join customers using (customer_id) group by month;
