-- The peer of the full refresh: the raw lake to customers (here) and to marts (the other files of this folder), as one person
-- would write it in DuckDB in one sitting, with no regard for the next person. Its results must equal the platform's.
-- Variables set by the caller: lake and seeds (folders), as_of (date).

create macro loads(channel) as table
select load_id from read_json(
    getvariable('lake') || '/raw_' || channel || '/_dlt_loads/*.jsonl',
    format = 'newline_delimited', columns = {load_id: 'varchar', status: 'int'}
) where status = 0;

create macro raw(channel, name) as table
select * from read_parquet(getvariable('lake') || '/raw_' || channel || '/' || name || '/*.parquet', union_by_name = true)
where _dlt_load_id in (from loads(channel));

create macro in_last(day, days) as day > getvariable('as_of') - days and day <= getvariable('as_of');

-- ---- profiles -------------------------------------------------------------------------------------------------------
create temp table profiles as
with shop as (
    select *, min(_dlt_load_id) over (partition by customer_id) as first_load_id from raw('shop', 'customers')
    qualify row_number() over (partition by customer_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
pos as (
    select *, min(_dlt_load_id) over (partition by pos_customer_id) as first_load_id from raw('pos', 'customers')
    qualify row_number() over (partition by pos_customer_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
app as (
    select *, min(_dlt_load_id) over (partition by app_user_id) as first_load_id from raw('app', 'users')
    qualify row_number() over (partition by app_user_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
loyalty as (
    select *, min(_dlt_load_id) over (partition by member_no) as first_load_id from raw('loyalty', 'members')
    qualify row_number() over (partition by member_no order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
leads as (
    select *, min(_dlt_load_id) over (partition by lead_no) as first_load_id from raw('exhibitions', 'leads')
    where phone_token is not null or email_token is not null
    qualify row_number() over (partition by lead_no order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
tickets as (
    select *, min(case when phone_token is not null or email_token is not null then _dlt_load_id end) over (partition by ticket_id) as first_load_id
    from raw('service', 'tickets')
    qualify row_number() over (partition by ticket_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
responses as (
    select *, min(_dlt_load_id) over (partition by response_id) as first_load_id from raw('surveys', 'responses')
    where phone_token is not null and not coalesce(is_anonymous, false)
    qualify row_number() over (partition by response_id order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
registrations as (
    select *, min(case when phone_token is not null then _dlt_load_id end) over (partition by registration_id) as first_load_id
    from raw('activities', 'registrations')
    qualify row_number() over (partition by registration_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
contacts as (
    select *, min(_dlt_load_id) over (partition by external_userid, follow_userid) as first_load_id from raw('wecom', 'contacts')
    qualify row_number() over (partition by external_userid, follow_userid order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
members as (
    select *, min(_dlt_load_id) over (partition by chat_id, userid) as first_load_id from raw('wecom', 'group_members')
    qualify row_number() over (partition by chat_id, userid order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
wecom as (
    select external_userid, nullif(trim(unionid), '') as unionid, mobile_token as phone_token, remark_token, created_at, first_load_id, gender,
        coalesce(remark_token, name_token) as name_token, remark_mask from contacts
    union all
    select userid, nullif(trim(unionid), ''), null, null, joined_at, first_load_id, null, name_token, null from members where member_type = 2
),
wecom_best as (
    select *, max(unionid) over w as any_unionid, min(created_at) over w as registered_at, min(first_load_id) over w as earliest_load_id
    from wecom
    window w as (partition by external_userid)
    qualify row_number() over (partition by external_userid order by phone_token is null, remark_token is null, created_at nulls last, first_load_id, name_token, phone_token, gender) = 1
),
browsers as (
    select cookie_id, case when min(shop_customer_id) = max(shop_customer_id) then min(shop_customer_id) end as shop_account,
        min(occurred_at) as registered_at, min(_dlt_load_id) as first_load_id
    from raw('web', 'events') where shop_customer_id is not null group by cookie_id
)
select 'shop:' || customer_id as id, mobile_token as phone, email_token as email, null as id_number, name_token as name,
    customer_id as shop_account, null as app_user_id, null as device_id, null as member_no, null as unionid, null as external_userid,
    coalesce(is_test, false) as is_test, registered_at, first_load_id, name_mask from shop
union all select 'pos:' || pos_customer_id, phone_token, null, null, name_token, null, null, null, nullif(trim(member_no), ''), null, null, false, registered_at, first_load_id, name_mask from pos
union all select 'app:' || app_user_id, phone_token, null, null, name_token, null, app_user_id, nullif(trim(device_id), ''), null, null, null, false, registered_at, first_load_id, name_mask from app
union all select 'web:' || cookie_id, null, null, null, null, shop_account, null, null, null, null, null, false, registered_at, first_load_id, null from browsers
union all select 'exhibitions:' || lead_no, phone_token, email_token, null, name_token, null, null, null, null, null, null, false, registered_at, first_load_id, name_mask from leads
union all select 'service:' || ticket_id, phone_token, email_token, null, customer_name_token, null, null, null, null, null, null, false, created_at, first_load_id, customer_name_mask from tickets where phone_token is not null or email_token is not null
union all select 'wecom:' || external_userid, phone_token, null, null, remark_token, null, null, null, null, any_unionid, external_userid, false, registered_at, earliest_load_id, remark_mask from wecom_best
union all select 'surveys:' || response_id, phone_token, null, null, null, null, null, null, null, null, null, false, answered_at, first_load_id, null from responses
union all select 'loyalty:' || member_no, phone_token, email_token, id_number_token, name_token, null, null, null, member_no, null, null, false, joined_at, first_load_id, name_mask from loyalty
union all select 'activities:' || registration_id, phone_token, null, null, name_token, null, null, null, null, null, null, false, coalesce(invited_at, confirmed_at, attended_at, updated_at), first_load_id, name_mask
    from registrations where phone_token is not null;

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
select order_id, id, store, ordered_at, paid_at, ordered_at::date as day, is_paid and coalesce(paid_at, ordered_at)::date <= getvariable('as_of') as bought,
    case when is_paid then gross else 0 end as paid, returned, coalesce(refunded_at, ordered_at) as returned_at, returned_at::date as return_day,
    case when is_paid and returned > 0 and returned >= gross then coalesce(refunded_at, ordered_at)::date
        when is_paid then back.taken_at::date end as taken_day,
    bought and (taken_day is null or taken_day > getvariable('as_of')) as is_kept
from orders left join (select id, ordered_at, min(taken_at) as taken_at from credited group by all) as back using (id, ordered_at)
where ordered_at::date <= getvariable('as_of');

create temp table profile_orders as
select id, count(*) filter (where is_kept) as orders, count(*) filter (where is_kept and in_last(day, 365)) as orders_365,
    coalesce(sum(paid) filter (where bought), 0) as gross, coalesce(sum(returned) filter (where return_day <= getvariable('as_of')), 0) as refunded,
    coalesce(sum(paid) filter (where bought and in_last(day, 365)), 0) - coalesce(sum(returned) filter (where in_last(return_day, 365)), 0) as net_365,
    coalesce(sum(paid) filter (where bought and in_last(day, 180)), 0) - coalesce(sum(returned) filter (where in_last(return_day, 180)), 0) as net_180,
    list(distinct day) filter (where bought and taken_day is null and coalesce(paid_at::date, day) <= day) as days,
    list(distinct {'day': day, 'paid_day': greatest(day, paid_at::date), 'taken_day': taken_day})
        filter (where bought and (taken_day is not null or paid_at::date > day)) as passing_days,
    min(ordered_at) filter (where is_kept) as first_at, max(ordered_at) filter (where is_kept) as last_at,
    min(ordered_at) filter (where bought) as first_sale_at
from dated_orders group by id;

create temp table interactions as
with contacts as (
    select * from raw('wecom', 'contacts')
    qualify row_number() over (partition by external_userid, follow_userid order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
joiners as (
    select * from raw('wecom', 'group_members')
    qualify row_number() over (partition by chat_id, userid order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
chats as (select chat_id, arg_max(name, (_dlt_load_id, _source_file, _line)) as chat from raw('wecom', 'groups') group by chat_id),
registrations as (
    select *, 'activities:' || registration_id as event, case when phone_token is not null then event end as id, nullif(trim(activity_name), '') as activity
    from raw('activities', 'registrations')
    qualify row_number() over (partition by registration_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
leads as (
    select *, nullif(trim(expo_name), '') as expo, nullif(trim(interest), '') as wish from raw('exhibitions', 'leads')
    qualify row_number() over (partition by lead_no order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
tickets as (
    select * from raw('service', 'tickets')
    qualify row_number() over (partition by ticket_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
responses as (
    select * from raw('surveys', 'responses')
    qualify row_number() over (partition by response_id order by _dlt_load_id desc, _source_file desc, _line desc) = 1
),
points as (
    select *, nullif(trim(kind), '') as word from raw('loyalty', 'points')
    qualify row_number() over (partition by entry_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
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
    select 'exhibitions:' || lead_no, case when phone_token is not null or email_token is not null then 'exhibitions:' || lead_no end, 'registration',
        coalesce(expo || ' ' || wish, expo, wish), true, registered_at from leads
    union all
    select 'service:' || ticket_id, case when phone_token is not null or email_token is not null then 'service:' || ticket_id end, coalesce(lower(trim(ticket_type)), 'ticket'),
        nullif(trim(topic), ''), true, created_at from tickets
    union all
    select 'surveys:' || response_id, case when phone_token is not null and not coalesce(is_anonymous, false) then 'surveys:' || response_id end, 'survey',
        nullif(trim(survey_name), ''), true, answered_at from responses
    union all select 'loyalty:' || entry_id, 'loyalty:' || member_no, 'points', coalesce(word || ' ' || nullif(trim(reason), ''), word), coalesce(lower(word) = 'spend', false), occurred_at from points
    union all select event || ':confirmed', id, 'registration', activity, true, confirmed_at from registrations
    union all select event || ':attended', id, 'activity', activity, true, attended_at from registrations
    union all select 'wecom:contact:' || external_userid || ':' || follow_userid, 'wecom:' || external_userid, 'contact', state, true, created_at from contacts
    union all
    select 'wecom:group:' || chat_id || ':' || userid, 'wecom:' || userid, 'group_join', chat, true, joined_at
    from joiners left join chats using (chat_id) where member_type = 2
)
select * from interactions where id is not null and happened::date <= getvariable('as_of');

create temp table profile_days as
select id, happened::date as day, count(*) as interactions, min(happened) as first_at, max(happened) as last_at
from interactions where is_inbound group by all;

-- ---- customers ------------------------------------------------------------------------------------------------------
create temp table members as
select m.customer_id, m.id, p.registered_at
from customer_map as m inner join profiles as p using (id)
where p.registered_at is null or p.registered_at::date <= getvariable('as_of')
    or m.id in (select id from profile_orders union select id from profile_days);

create temp table customer_days as
select customer_id, day, sum(interactions) as interactions, min(first_at) as first_at, max(last_at) as last_at
from profile_days inner join members using (id) group by customer_id, day;

create temp table answers as
select customer_id, round(avg(date_diff('second', invited, confirmed_at)::double / 3600), 2) as response_hours
from (
    select 'activities:' || registration_id as id, coalesce(invited_at, confirmed_at) as invited, confirmed_at from raw('activities', 'registrations')
    where phone_token is not null
    qualify row_number() over (partition by registration_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
) inner join members using (id)
where confirmed_at >= invited and confirmed_at::date <= getvariable('as_of') group by customer_id;

create temp table customers as
with known as (select customer_id, min(registered_at) filter (where registered_at::date <= getvariable('as_of')) as registered_at from members group by customer_id),
bought as (
    select customer_id, sum(orders) as orders, sum(orders_365) as orders_365, sum(gross) - sum(refunded) as net, sum(net_365) as net_365,
        sum(net_180) as net_180, flatten(list(days)) as days, flatten(list(passing_days)) as passing_days, min(first_sale_at) as first_sale_at, min(first_at) as first_at, max(last_at) as last_at
    from profile_orders inner join members using (id) group by customer_id
),
met as (
    select customer_id, min(first_at) as first_at, max(last_at) as last_at, coalesce(sum(interactions) filter (where in_last(day, 30)), 0) as interactions_30d
    from customer_days group by customer_id
)
select customer_id, coalesce(orders, 0) as orders, coalesce(orders_365, 0) as orders_365, coalesce(net, 0) as net, coalesce(net_365, 0) as net_365,
    coalesce(net_180, 0) as net_180, days, passing_days, coalesce(interactions_30d, 0) as interactions_30d, response_hours, known.registered_at, bought.first_at as first_purchase_at,
    bought.last_at as last_purchase_at, met.last_at as last_interaction_at, least(known.registered_at, bought.first_sale_at, met.first_at) as first_seen_at
from known left join bought using (customer_id) left join met using (customer_id) left join answers using (customer_id);
