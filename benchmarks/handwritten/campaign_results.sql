-- Part of the peer of the full refresh, after campaign_plan.sql in the same session: what became of messages, and of those who were
-- left out on purpose. Who was left out on days before is given: a register that nothing else remembers.

create temp table held_out as
with registered as (
    select campaign_id, campaign_version, customer_id, held_out_on from warehouse.intermediate.int_campaign_holdouts where held_out_on < getvariable('as_of')
    union all select distinct campaign_id, campaign_version, customer_id, getvariable('as_of') from campaign_plan where is_holdout and is_approved
)
select campaign_id, campaign_version::int as campaign_version, coalesce(r.customer_id, h.customer_id) as customer_id, min(held_out_on) as held_out_on
from registered as h left join customer_id_redirects as r on h.customer_id = retired_customer_id group by all;

-- what those did after the first message; the rest of the customers is not looked at
create temp table achieved as
with people as (select customer_id from messages union select customer_id from held_out),
since as (select least((select min(accepted_at) from messages), (select min(held_out_on) from held_out)) as moment),
records as (select id, customer_id from members semi join people using (customer_id))
select 'purchase' as goal, customer_id, order_id as event_id, paid - returned as amount, ordered_at as occurred_at
from dated_orders inner join records using (id)
where is_paid and (taken_day is null or taken_day > getvariable('as_of')) and ordered_at >= (from since)
union all
select 'interaction', customer_id, event, 0, happened from interactions inner join records using (id)
where is_inbound and happened >= (from since) and exists (from campaigns where goal = 'interaction');

create table campaign_messages as
with reported as (
    select delivery_id, bool_or(event = 'delivered') as delivered, bool_or(event = 'opened') as opened, bool_or(event = 'clicked') as clicked,
        bool_or(event = 'bounced') as bounced, bool_or(event = 'failed') as failed, bool_or(event = 'unsubscribed') as unsubscribed,
        bool_or(event = 'complained') as complained
    from delivery_events where occurred_at::date <= getvariable('as_of') group by delivery_id
),
followed as (
    select messages.* exclude (variant), coalesce(variant, 'none') as variant, reported.* exclude (delivery_id), goal, goal_window_days
    from messages left join reported using (delivery_id) left join campaigns using (campaign_id)
),
-- what is achieved counts for the last message before it
converted as (
    select delivery_id, sum(amount) as revenue from (
        select f.delivery_id, amount from followed as f inner join achieved as a using (customer_id, goal)
        where counted_as = 'sent' and occurred_at > accepted_at and date_diff('day', accepted_at::date, occurred_at::date) <= goal_window_days
        qualify row_number() over (partition by event_id, campaign_id, campaign_version, channel, variant order by accepted_at desc, delivery_id) = 1
    ) group by delivery_id
)
select delivery_id, campaign_id, customer_id, campaign_version::int as campaign_version, step::int as step, channel, variant, counted_as,
    coalesce(delivered, false) or state = 'delivered' as is_delivered, coalesce(opened, false) or state = 'opened' as is_opened,
    coalesce(clicked, false) or state = 'clicked' as is_clicked, coalesce(bounced, false) or state = 'bounced' as is_bounced,
    coalesce(failed, false) or state = 'failed' as is_failed, coalesce(unsubscribed, false) or state = 'unsubscribed' as is_unsubscribed,
    coalesce(complained, false) or state = 'complained' as is_complained,
    converted.delivery_id is not null as is_converted, coalesce(revenue, 0)::decimal(18, 2) as converted_revenue, accepted_at
from followed left join converted using (delivery_id);

create table campaign_holdout_customers as
with achievers as (
    select distinct campaign_id, campaign_version, customer_id from held_out inner join campaigns using (campaign_id) inner join achieved using (customer_id, goal)
    where date_diff('day', held_out_on, occurred_at::date) between 1 and goal_window_days
)
select campaign_id, customer_id, campaign_version, a.customer_id is not null as is_converted, held_out_on
from held_out left join achievers as a using (campaign_id, campaign_version, customer_id);

create table campaign_performance as
with sums as (
    select campaign_id, campaign_version, step, channel, variant, count(*) as planned, count(*) filter (where counted_as = 'held') as held,
        count(*) filter (where counted_as = 'refused') as refused, count(*) filter (where counted_as = 'expired') as expired,
        count(*) filter (where counted_as = 'cancelled') as cancelled, count(*) filter (where counted_as = 'sent') as sent,
        count(*) filter (where is_delivered) as delivered, count(*) filter (where is_opened) as opened, count(*) filter (where is_clicked) as clicked,
        count(*) filter (where is_bounced) as bounced, count(*) filter (where is_failed) as failed, count(*) filter (where is_unsubscribed) as unsubscribed,
        count(*) filter (where is_complained) as complained,
        count(*) filter (where counted_as = 'unknown') as unknown, count(*) filter (where is_converted) as converted, sum(converted_revenue) as converted_revenue
    from campaign_messages group by all
),
left_out as (
    select campaign_id, campaign_version, count(*) as holdout_customers, count(*) filter (where is_converted) as holdout_converted from campaign_holdout_customers group by all
)
select campaign_id, campaign_version, step, channel, variant, name_zh, name_en,
    coalesce(columns(* exclude (campaign_id, campaign_version, step, channel, variant, name_zh, name_en, converted_revenue)), 0)::int,
    coalesce(converted_revenue, 0)::decimal(18, 2) as converted_revenue, getvariable('as_of') as as_of
from (
    select campaign_id, campaign_version, step, channel, variant, name_zh, name_en, sums.* exclude (campaign_id, campaign_version, step, channel, variant),
        holdout_customers, holdout_converted
    from (select distinct campaign_id, campaign_version, step, channel, variant from campaign_plan union select campaign_id, campaign_version, step, channel, variant from sums)
    left join sums using (campaign_id, campaign_version, step, channel, variant) left join left_out using (campaign_id, campaign_version)
    left join campaigns using (campaign_id)
);
