-- Third part of the test publication: what happened day by day. Every fourth sale of the stores has no known buyer.
create table base.activity as
select
    customer_id, channel, if(channel = 'pos', city || '一店', null) as store_name, 1 as orders,
    (gross_amount > refund_amount)::int as purchases, gross_amount - refund_amount as net_revenue, refund_amount,
    0 as interactions, 0 as complaints, ordered_at::date as activity_day
from base.orders inner join base.people using (customer_id)
union all
select
    customer_id, channel, null, 0, 0, 0, 0, 1, (channel = 'service' and epoch(occurred_at)::bigint % 2 = 0)::int,
    occurred_at::date
from base.events;

create table marts.customer_daily_activity as
select
    customer_id, channel, store_name, sum(orders) as orders, sum(purchases) as purchases,
    sum(net_revenue) as net_revenue, sum(interactions) as interactions, sum(complaints) as complaints, activity_day
from base.activity group by customer_id, channel, store_name, activity_day;

create table marts.daily_channel_metrics as
with united as (
    select channel, store_name, 0 as new_customers, orders, net_revenue, refund_amount, interactions,
        if(channel = 'service', interactions, 0) as tickets, complaints, activity_day as metric_date
    from base.activity
    union all
    select 'pos', '北京一店', 0, 1, gross_amount, 0, 0, 0, 0, ordered_at::date
    from base.orders where channel = 'pos' and epoch(ordered_at)::bigint % 4 = 0
    union all
    select channels[1], null, 1, 0, 0, 0, 0, 0, 0, registered_day::date from base.people
)
select
    channel, store_name, sum(new_customers) as new_customers, sum(orders) as orders, sum(net_revenue) as net_revenue,
    sum(refund_amount) as refunded_amount, sum(interactions) as interactions, sum(tickets) as tickets,
    sum(complaints) as complaints, metric_date
from united
where metric_date > getvariable('as_of') - 730
group by channel, store_name, metric_date;

create table marts.daily_metrics as
with days as (select (getvariable('as_of') - n::int)::date as metric_date from range(0, 730) as r (n)),
added_up as (
    select metric_date, sum(columns(* exclude (channel, store_name, metric_date)))
    from marts.daily_channel_metrics group by metric_date
),
counted_once as (
    select
        activity_day as metric_date, count(distinct customer_id) filter (where orders > 0) as buyers,
        count(distinct customer_id) filter (where interactions > 0) as active_customers
    from marts.customer_daily_activity group by activity_day
)
select
    coalesce(new_customers, 0) as new_customers, coalesce(orders, 0) as orders, coalesce(buyers, 0) as buyers,
    coalesce(net_revenue, 0) as net_revenue, coalesce(refunded_amount, 0) as refunded_amount,
    coalesce(interactions, 0) as interactions, coalesce(active_customers, 0) as active_customers,
    coalesce(tickets, 0) as tickets, coalesce(complaints, 0) as complaints, metric_date
from days left join added_up using (metric_date) left join counted_once using (metric_date);
