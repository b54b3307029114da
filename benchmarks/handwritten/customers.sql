-- Part of the peer of the full refresh, after profiles.sql in the same session: customers, with what they bought and did.

-- ---- identity: given, for it is measured by benchmarks of its own -----------------------------------------------------
create temp table customer_map as
select source_profile_id as id, customer_id from warehouse.identity.customer_map;

-- ---- orders and interactions by profile -----------------------------------------------------------------------------
create temp table dated_orders as
with shop as (
    select 'shop:' || order_id as order_id, 'shop:' || customer_id as id, lower(trim(status)) as status, total_amount as gross, refund_amount, created_at as ordered_at,
        paid_at, refunded_at
    from raw('shop', 'orders')
    qualify row_number() over (partition by order_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
sales as (
    select * from raw('pos', 'sales')
    qualify row_number() over (partition by sale_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
refunds as (select refund_of, sum(-total_amount) as refund, max(sold_at) as refunded_at from sales where refund_of is not null group by refund_of),
orders as (
    select order_id, id, null as store, status in ('paid', 'shipped', 'completed', 'delivered', 'partially_refunded', 'refunded') as is_paid, gross,
        case when status in ('paid', 'shipped', 'completed', 'delivered', 'partially_refunded', 'refunded')
            then case when status = 'refunded' then coalesce(nullif(refund_amount, 0), gross) else coalesce(refund_amount, 0) end else 0 end as returned,
        ordered_at, paid_at, refunded_at from shop
    union all
    select 'pos:' || sale_id, 'pos:' || pos_customer_id, store_name, true, total_amount, coalesce(refund, 0), sold_at, sold_at, refunds.refunded_at
    from sales left join refunds on sales.sale_id = refunds.refund_of where sales.refund_of is null and total_amount >= 0
    union all
    select 'pos:' || r.sale_id, 'pos:' || r.pos_customer_id, r.store_name, false, 0, -r.total_amount, r.sold_at, null, r.sold_at
    from sales as r left join sales as s on r.refund_of = s.sale_id and s.refund_of is null and s.total_amount >= 0
    where (r.refund_of is not null or r.total_amount < 0) and s.sale_id is null
),
-- few have credit notes without a sale; whoever keeps nothing of all they paid then has bought nothing
running as (
    select *, sum(case when is_paid then gross else 0 end - returned) over (partition by id order by coalesce(paid_at, ordered_at), not is_paid rows unbounded preceding) as kept
    from orders where id in (select id from orders where not is_paid and returned > 0)
),
credited as (
    select id, ordered_at, gross, min(case when not is_paid and kept <= 0 then ordered_at end)
        over (partition by id order by coalesce(paid_at, ordered_at), not is_paid rows between current row and unbounded following) as taken_at
    from running
)
select order_id, id, store, ordered_at, paid_at, ordered_at::date as day, is_paid, is_paid and coalesce(paid_at, ordered_at)::date <= getvariable('as_of') as bought,
    case when is_paid then gross else 0 end as paid, returned, coalesce(refunded_at, ordered_at) as returned_at, returned_at::date as return_day,
    case when is_paid and returned > 0 and returned >= gross then coalesce(refunded_at, ordered_at)::date
        when is_paid then back.taken_at::date end as taken_day,
    bought and (taken_day is null or taken_day > getvariable('as_of')) as is_kept
from orders left join (select id, ordered_at, min(taken_at) as taken_at from credited group by all) as back using (id, ordered_at)
where ordered_at::date <= getvariable('as_of');

create temp table profile_orders as
select id, count(*) filter (where is_kept) as orders, count(*) filter (where bought and not is_kept) as returned_orders, sum(paid) filter (where is_kept) as kept,
    count(*) filter (where is_kept and in_last(day, 365)) as orders_365,
    coalesce(sum(paid) filter (where bought), 0) as gross, coalesce(sum(returned) filter (where return_day <= getvariable('as_of')), 0) as refunded,
    coalesce(sum(paid) filter (where bought and in_last(day, 365)), 0) - coalesce(sum(returned) filter (where in_last(return_day, 365)), 0) as net_365,
    coalesce(sum(paid) filter (where bought and in_last(day, 180)), 0) - coalesce(sum(returned) filter (where in_last(return_day, 180)), 0) as net_180,
    list(distinct day) filter (where bought and taken_day is null and coalesce(paid_at::date, day) <= day) as days,
    list(distinct {'day': day, 'paid_day': greatest(day, paid_at::date), 'taken_day': taken_day})
        filter (where bought and (taken_day is not null or paid_at::date > day)) as passing_days,
    min(ordered_at) filter (where is_kept) as first_at, max(ordered_at) filter (where is_kept) as last_at,
    min(ordered_at) filter (where bought) as first_sale_at, max(ordered_at) filter (where bought) as last_sale_at
from dated_orders group by id;

create temp table points as
select 'loyalty:' || member_no as id, 'loyalty:' || entry_id as event, clean(kind) as word, lower(word) as kind, clean(reason) as reason, points, occurred_at
from raw('loyalty', 'points')
qualify row_number() over (partition by entry_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table interactions as
with chats as (select chat_id, arg_max(name, (_dlt_load_id, _source_file, _line)) as chat from raw('wecom', 'groups') group by chat_id),
events as materialized (
    select 'web:' || event_id as event, 'web:' || cookie_id as id, event_name as kind, coalesce(category || ' ' || sku, sku, url) as detail, occurred_at as happened, _dlt_load_id as load_id
    from raw('web', 'events') where occurred_at is not null
    union all
    select 'app:' || event_id, 'app:' || app_user_id, event_name, coalesce(category || ' ' || sku, sku, page), occurred_at, _dlt_load_id
    from raw('app', 'events') where occurred_at is not null
),
-- few events arrive twice
twice as (select hash(event) as twin from events group by twin having count(*) > 1),
interactions as (
    select event, id, kind, detail, true as is_inbound, happened from events anti join twice on hash(event) = twin
    union all
    (select event, id, kind, detail, true, happened from events semi join twice on hash(event) = twin
    qualify row_number() over (partition by event order by load_id desc, happened desc, id, detail) = 1)
    union all
    select event, id, 'registration', coalesce(clean(expo_name) || ' ' || clean(interest), clean(expo_name), clean(interest)), true, registered_at from leads
    union all select event, id, coalesce(kind, 'ticket'), clean(topic), true, created_at from tickets
    union all select event, id, 'survey', clean(survey_name), true, answered_at from responses
    union all select event, id, 'points', coalesce(word || ' ' || reason, word), coalesce(kind in ('spend', 'spent', 'redeem', 'redeemed'), false), occurred_at from points
    union all select event || ':confirmed', id, 'registration', clean(activity_name), true, confirmed_at from registrations
    union all select event || ':attended', id, 'activity', clean(activity_name), true, attended_at from registrations
    union all select 'wecom:contact:' || external_userid || ':' || follow_userid, 'wecom:' || external_userid, 'contact', state, true, created_at from contacts
    union all
    select 'operations:' || event_id, 'operations:' || customer_id, 'message_' || event, campaign_id, event = 'clicked', occurred_at
    from delivery_events inner join deliveries using (delivery_id)
    union all
    select 'wecom:group:' || chat_id || ':' || userid, 'wecom:' || userid, 'group_join', chat, true, joined_at
    from joiners left join chats using (chat_id) where member_type = 2
)
select * from interactions where id is not null and happened::date <= getvariable('as_of');

create temp table profile_days as
select id, happened::date as day, count(*) as interactions, min(happened) as first_at, max(happened) as last_at
from interactions where is_inbound group by all;

-- ---- customers ------------------------------------------------------------------------------------------------------
-- each with its place in the order of trust, of recency and of seniority
create temp table members as
with known as (
    select m.customer_id, id, registered_at, coalesce(updated_at, registered_at) as changed_at, coalesce(trust_rank, 1000) as trust
    from customer_map as m inner join profiles using (id) left join read_csv(getvariable('seeds') || '/channel_trust.csv') using (channel)
    where registered_at is null or registered_at::date <= getvariable('as_of') or id in (select id from profile_orders union select id from profile_days)
),
placed as (
    select customer_id, id, row_number() over (partition by customer_id order by trust, changed_at desc nulls last, id) as trusted,
        row_number() over (partition by customer_id order by changed_at desc nulls last, trust, id) as recent,
        row_number() over (partition by customer_id order by registered_at nulls last, id) as seniority from known
)
select * from placed inner join profiles using (id);

-- whose interactions are: those of records, and those with messages, which know the customer's id as it was
create temp table owners as
select id, customer_id, channel from members union all select id, customer_id, 'operations' from customer_map where id like 'operations:%';

create temp table customer_days as
select customer_id, day, sum(interactions) as interactions, min(first_at) as first_at, max(last_at) as last_at
from profile_days inner join owners using (id) group by customer_id, day;

create temp table messages as
select d.* exclude (customer_id), coalesce(m.customer_id, d.customer_id) as customer_id, counted_as, s.is_sent, s.takes_cap_slot
from deliveries as d left join customer_map as m on 'operations:' || d.customer_id = m.id
left join read_csv(getvariable('seeds') || '/delivery_states.csv') as s using (state) where planned_at::date <= getvariable('as_of');

create temp table answers as
with reactions as (
    select customer_id, accepted_at as asked_at, min(occurred_at) as answered_at
    from messages inner join delivery_events using (delivery_id)
    where event in ('opened', 'clicked') and occurred_at::date <= getvariable('as_of') group by customer_id, delivery_id, accepted_at
    union all
    select customer_id, coalesce(invited_at, confirmed_at), confirmed_at from registrations inner join members using (id) where confirmed_at::date <= getvariable('as_of')
)
select customer_id, round(avg(date_diff('second', asked_at, answered_at)::double / 3600), 2) as response_hours
from reactions where answered_at >= asked_at group by customer_id;

create temp table totals as
with known as (
    select customer_id, count(*) as source_profiles, min(registered_at) filter (where registered_at::date <= getvariable('as_of')) as registered_at
    from members group by customer_id
),
bought as (
    select customer_id, sum(orders) as orders, sum(returned_orders) as returned_orders, sum(orders_365) as orders_365, sum(gross) as gross, sum(kept) as kept,
        sum(refunded) as refunded, sum(net_365) as net_365, sum(net_180) as net_180, flatten(list(days)) as days, flatten(list(passing_days)) as passing_days,
        min(first_sale_at) as first_sale_at, max(last_sale_at) as last_sale_at, min(first_at) as first_at, max(last_at) as last_at
    from profile_orders inner join members using (id) group by customer_id
),
met as (
    select customer_id, min(first_at) as first_at, max(last_at) as last_at, sum(interactions) as interactions,
        coalesce(sum(interactions) filter (where in_last(day, 30)), 0) as interactions_30d
    from customer_days group by customer_id
)
select customer_id, source_profiles, coalesce(orders, 0) as orders, coalesce(returned_orders, 0) as returned_orders, coalesce(orders_365, 0) as orders_365,
    coalesce(gross, 0) as gross, coalesce(kept, 0) as kept, coalesce(refunded, 0) as refunded, coalesce(gross - refunded, 0) as net, coalesce(net_365, 0) as net_365,
    coalesce(net_180, 0) as net_180, days, passing_days, coalesce(interactions, 0) as interactions_count, coalesce(interactions_30d, 0) as interactions_30d, response_hours,
    known.registered_at, bought.first_at as first_purchase_at, bought.last_at as last_purchase_at, first_sale_at, met.first_at as first_interaction_at, met.last_at as last_interaction_at,
    least(known.registered_at, first_sale_at, met.first_at) as first_seen_at, greatest(known.registered_at, last_sale_at, met.last_at) as last_seen_at
from known left join bought using (customer_id) left join met using (customer_id) left join answers using (customer_id);
