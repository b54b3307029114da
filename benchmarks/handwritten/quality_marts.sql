-- Part of the peer of the full refresh, after further_marts.sql in the same session: figures of each channel and store, days of
-- each customer, and what the gates look at: rows of the lake, whose the sales are, how far identities spread.

create temp table channel_sales as
select id, split_part(order_id, ':', 1) as channel, store, day, return_day, bought, is_kept, paid, returned
from dated_orders where id is null or id not in (select id from profiles where is_test);

create table daily_channel_metrics as
with arrivals as (
    select customer_id, first_channel as channel, first_seen_at::date as metric_date from customers
),
united as (
    select channel, store as store_name, day as metric_date, 1 as orders, paid, 0 as returned, 0 as interactions, 0 as tickets, 0 as complaints, 0 as new_customers
    from channel_sales where bought
    union all select channel, store, return_day, 0, 0, returned, 0, 0, 0, 0 from channel_sales where returned <> 0
    union all select channel, null, day, 0, 0, 0, interactions, 0, 0, 0 from profile_days inner join owners using (id)
    union all select 'service', null, created_at::date, 0, 0, 0, 0, 1, case when kind = 'complaint' then 1 else 0 end, 0 from tickets
    union all select channel, null, metric_date, 0, 0, 0, 0, 0, 0, 1 from arrivals
)
select channel, store_name, sum(new_customers)::int as new_customers, sum(orders)::int as orders, (sum(paid) - sum(returned))::decimal(18, 2) as net_revenue,
    sum(returned)::decimal(18, 2) as refunded_amount, sum(interactions)::bigint as interactions, sum(tickets)::int as tickets, sum(complaints)::int as complaints, metric_date
from united where in_last(metric_date, 730) group by channel, store_name, metric_date;

create table customer_daily_activity as
with united as (
    select id, channel, store as store_name, day as activity_day, 1 as orders, is_kept::int as purchases, paid as net, 0 as interactions, 0 as complaints
    from channel_sales where bought
    union all select id, channel, store, return_day, 0, 0, -returned, 0, 0 from channel_sales where returned <> 0 and return_day <= getvariable('as_of')
    union all select id, split_part(id, ':', 1), null, day, 0, 0, 0, interactions, 0 from profile_days where day <= getvariable('as_of')
    union all select id, 'service', null, created_at::date, 0, 0, 0, 0, 1 from tickets where kind = 'complaint' and created_at::date <= getvariable('as_of')
)
select customer_id, u.channel, store_name, sum(orders)::int as orders, sum(purchases)::int as purchases, sum(net)::decimal(18, 2) as net_revenue,
    sum(u.interactions)::bigint as interactions, sum(complaints)::int as complaints, activity_day
from united as u inner join owners using (id) group by customer_id, u.channel, store_name, activity_day;

create table data_quality as
with ledgers as (
    select 'shop' as channel, * from raw('shop', 'file_ledger') union all by name select 'pos' as channel, * from raw('pos', 'file_ledger')
    union all by name select 'app' as channel, * from raw('app', 'file_ledger') union all by name select 'web' as channel, * from raw('web', 'file_ledger')
    union all by name select 'exhibitions' as channel, * from raw('exhibitions', 'file_ledger') union all by name select 'service' as channel, * from raw('service', 'file_ledger')
    union all by name select 'wecom' as channel, * from raw('wecom', 'file_ledger') union all by name select 'surveys' as channel, * from raw('surveys', 'file_ledger')
    union all by name select 'loyalty' as channel, * from raw('loyalty', 'file_ledger') union all by name select 'activities' as channel, * from raw('activities', 'file_ledger')
    union all by name select 'operations' as channel, * from raw('operations', 'file_ledger')
)
select channel, target as table_name, count(distinct file_id)::int as files, sum(physical_rows)::bigint as physical_rows, sum(loaded_rows)::bigint as loaded_rows,
    sum(quarantined_rows)::bigint as quarantined_rows, max(ingested_at) as last_loaded_at
from ledgers group by channel, target;

create table order_totals as
with buyers as (
    select split_part(id, ':', 1) as channel, max(orders + returned_orders) as largest from profile_orders where id is not null group by all
),
owned as (
    select split_part(order_id, ':', 1) as channel, bought, o.id is not null and p.id is null as is_unlisted,
        case when o.id is null then 'anonymous' when is_test then 'test' else 'customer' end as owner,
        case when bought then paid else 0 end - case when return_day <= getvariable('as_of') then returned else 0 end as revenue
    from dated_orders as o left join profiles as p on o.id = p.id
)
select channel, (select mode(currency) from raw('shop', 'orders')) as reporting_currency, count(*) filter (where bought and owner = 'customer') as customer_sales,
    count(*) filter (where bought and owner = 'anonymous') as anonymous_sales, count(*) filter (where bought and owner = 'test') as test_sales, 0 as held_orders,
    count(*) filter (where bought and owner = 'customer' and is_unlisted) as unlisted_sales, coalesce(max(largest), 0) as largest_buyer_sales, 0 as later_orders,
    coalesce(sum(revenue) filter (where owner = 'customer'), 0)::decimal(18, 2) as customer_revenue,
    coalesce(sum(revenue) filter (where owner = 'anonymous'), 0)::decimal(18, 2) as anonymous_revenue,
    coalesce(sum(revenue) filter (where owner = 'test'), 0)::decimal(18, 2) as test_revenue, getvariable('as_of') as as_of
from owned left join buyers using (channel) group by channel;

create table identity_spread as
with ends as (
    select source_profile_id as id, identifier_type from warehouse.identity.int_identity__accepted_links
    union all select linked_profile_id, identifier_type from warehouse.identity.int_identity__accepted_links
),
probable as (select id from ends group by id having bool_and(identifier_type = 'linkage')),
sizes as (
    select customer_id, count(*) as records, count(probable.id) as probable_records
    from customer_map left join probable using (id) where customer_map.id not like 'operations:%' group by customer_id
),
shown as (
    select string_agg(customer_id || ' (' || records || ')', ', ' order by records desc, customer_id) filter (where place <= 5) as largest,
        string_agg(customer_id || ' (' || records || ')', ', ' order by probable_records desc, records desc, customer_id) filter (where probable_place <= 5) as probable
    from (
        select *, row_number() over (order by records desc, customer_id) as place, row_number() over (order by probable_records desc, records desc, customer_id) as probable_place
        from sizes where records > 1
    )
),
measured as (
    select unnest([
            {'measure': 'merged_share', 'value': (sum(records) - count(*)) / sum(records)},
            {'measure': 'probable_share', 'value': sum(probable_records) / sum(records)},
            {'measure': 'largest_customer', 'value': max(records)},
            {'measure': 'large_share', 'value': count(*) filter (where records > 20) / count(*)}
        ], recursive := true) from sizes
)
select measure, case when measure = 'probable_share' then probable else largest end as largest_customers, coalesce(value, 0) as value, bound, coalesce(value, 0) <= bound as is_within
from measured cross join shown inner join read_csv(getvariable('seeds') || '/identity/identity_bounds.csv') using (measure);
