-- The published marts of the test publication, from base.people, base.orders, base.events and base.kinds.
-- Names, grains and types follow the dbt models; the rules are short stand-ins.
create schema marts;
create schema segments;
create schema campaigns;
create schema publication;

create table base.totals as
select
    p.customer_id,
    count(o.ordered_at) filter (where o.gross_amount > o.refund_amount)::int as orders_count,
    coalesce(sum(o.gross_amount), 0)::decimal(18, 2) as gross_revenue,
    coalesce(sum(o.refund_amount), 0)::decimal(18, 2) as refunded_amount,
    min(o.ordered_at) filter (where o.gross_amount > o.refund_amount) as first_purchase_at,
    max(o.ordered_at) filter (where o.gross_amount > o.refund_amount) as last_purchase_at
from base.people as p
left join base.orders as o using (customer_id)
group by p.customer_id;

create table base.contacts as
select
    p.customer_id,
    count(e.occurred_at) as interactions_count,
    count(e.occurred_at) filter (where e.occurred_at::date > getvariable('as_of') - 30)::int as interactions_30d,
    count(e.occurred_at) filter (where e.channel = 'service')::int as tickets_count,
    max(e.occurred_at) as last_interaction_at
from base.people as p
left join base.events as e using (customer_id)
group by p.customer_id;

create table marts.customers as
select
    p.customer_id, p.channels[1] as first_channel, array_to_string(p.channels, ',') as channels,
    p.name_token, 'reference' as name_ref, p.name_mask, p.phone_token, p.phone_mask,
    'mobile' as phone_line_type, p.phone_token as message_phone_token,
    p.phone_mask as message_phone_mask, 'mobile' as message_phone_line_type,
    p.email_token, p.email_mask, p.member_no,
    case when list_contains(p.channels, 'app') then 'app' || p.customer_number end as app_user_id,
    case when list_contains(p.channels, 'wecom') then 'wm' || p.customer_number end as wecom_external_userid,
    p.gender, p.province, p.city, null::varchar as company, null::varchar as job_title,
    p.customer_number % 97 = 0 as is_profiling_optout,
    len(p.channels)::int as source_profiles, t.orders_count, 0 as returned_orders_count, c.interactions_count, c.interactions_30d, c.tickets_count,
    (t.gross_revenue / 10)::int as points_balance, t.gross_revenue, t.refunded_amount,
    (t.gross_revenue - t.refunded_amount)::decimal(18, 2) as net_revenue,
    case when t.orders_count > 0 then ((t.gross_revenue - t.refunded_amount) / t.orders_count)::decimal(18, 2) end
        as average_order_value,
    (date '1975-01-01' + (p.customer_number * 37 % 11000)::int)::date as birthday,
    p.registered_day::timestamp as registered_at, p.registered_day::timestamp as first_seen_at,
    greatest(p.registered_day::timestamp, t.last_purchase_at, c.last_interaction_at) as last_seen_at,
    t.first_purchase_at, t.last_purchase_at, c.last_interaction_at, getvariable('as_of') as as_of
from base.people as p
inner join base.totals as t using (customer_id)
inner join base.contacts as c using (customer_id);

create table marts.customer_consents as
select
    p.customer_id, asked.channel, 'marketing' as purpose, asked.is_granted,
    if(asked.is_granted, 'granted', 'never_asked') as reason,
    if(asked.is_granted, 'phone', null) as identifier_type, if(asked.is_granted, p.phone_mask, null) as identifier_mask,
    if(asked.is_granted, p.channels[1], null) as source,
    if(asked.is_granted, p.channels[1] || ':' || p.customer_id[3:], null) as source_profile_id,
    if(asked.is_granted, p.registered_day::timestamp, null) as answered_at
from base.people as p, (values
    ('sms', p.customer_number % 5 <> 0), ('email', p.customer_number % 3 = 0),
    ('wecom', list_contains(p.channels, 'wecom')), ('app_push', list_contains(p.channels, 'app'))
) as asked (channel, is_granted);

create table marts.customer_channel_summary as
with known as (
    select customer_id, unnest(channels) as channel, 1 as profiles, 0 as bought, 0 as touched, 0 as net,
        registered_day::timestamp as seen_at from base.people
    union all
    select customer_id, channel, 0, (gross_amount > refund_amount)::int, 0, gross_amount - refund_amount, ordered_at
    from base.orders
    union all
    select customer_id, channel, 0, 0, 1, 0, occurred_at from base.events
)
select
    customer_id, channel, sum(profiles) as source_profiles, sum(bought) as orders_count,
    sum(touched) as interactions_count, sum(net) as net_revenue, min(seen_at) as first_seen_at, max(seen_at) as last_seen_at
from known group by customer_id, channel;

create table marts.customer_identifiers as
select
    customer_id, channel || ':' || customer_id[3:] as source_profile_id, 'phone' as identifier_type,
    phone_token as identifier_value, phone_mask as identifier_mask, true as is_linking
from marts.customers, unnest(string_split(channels, ',')) as u (channel)
union all
select customer_id, 'loyalty:' || member_no, 'member_no', member_no, member_no, true
from marts.customers where member_no is not null
union all
select customer_id, 'shop:' || customer_id[3:], 'email', email_token, email_mask, true
from marts.customers where email_token is not null;

create table marts.customer_field_sources as
with fields as (
    select 'phone' as field, '手机号' as field_zh, 'phone number' as field_en, phone_mask as shown_value, 2 as different,
        customer_id, first_channel
    from marts.customers
    union all
    select 'gender', '性别', 'gender', gender, 1, customer_id, first_channel from marts.customers
    union all
    select 'city', '城市', 'city', city, 1, customer_id, first_channel from marts.customers
)
select
    customer_id, field, field_zh, field_en, 'most_trusted' as rule,
    first_channel || ':' || customer_id[3:] as source_profile_id, first_channel as channel, shown_value,
    case when different > 1 then '取来源最可信的：3 份档案有 2 个不同的值' else '3 份档案一致' end as why_zh,
    case when different > 1 then 'the most trusted source: 3 profiles have 2 different values'
        else 'all 3 profiles agree' end as why_en,
    2 as other_candidates, different::int as distinct_values
from fields
where shown_value is not null;

create table marts.customer_links as
select
    customer_id, first_channel || ':' || customer_id[3:] as source_profile_id,
    channel || ':' || customer_id[3:] as linked_profile_id, 'phone' as identifier_type,
    phone_token as identifier_value, phone_mask as identifier_mask, 'same_value' as reason,
    '两份档案使用同一个手机号 ' || phone_mask as reason_zh,
    'both records carry the phone number ' || phone_mask as reason_en, null::varchar as field_weights
from marts.customers, unnest(string_split(channels, ',')) as u (channel)
where channel <> first_channel
union all
select
    customer_id, 'web:W' || customer_id[3:], first_channel || ':' || customer_id[3:], 'linkage', 'model', null, 'probabilistic',
    '概率匹配：given_name: 7.8, phone: 9.2, city: 0.3, gender: -1.2',
    'probable match by weight of given_name: 7.8, phone: 9.2, city: 0.3, gender: -1.2',
    '{"given_name": 7.8, "phone": 9.2, "city": 0.3, "gender": -1.2}'
from marts.customers where source_profiles >= 3;

create table marts.customer_profiles as
with profiles as (
    select distinct source_profile_id, customer_id from marts.customer_identifiers
    union all
    select 'web:W' || customer_id[3:], customer_id from marts.customers where source_profiles >= 3
)
select
    p.source_profile_id, p.customer_id, split_part(p.source_profile_id, ':', 1) as channel,
    split_part(p.source_profile_id, ':', 2) as native_id, c.registered_at, c.last_seen_at as updated_at
from profiles as p
inner join marts.customers as c using (customer_id);

create table marts.customer_id_redirects as
select 'c_retired' || customer_id[10:] as retired_customer_id, customer_id, as_of::timestamp as merged_at
from marts.customers where source_profiles >= 3;

create table marts.identity_review as
select
    'r_1' as review_id, 'shared_value' as kind, 'too_many_people' as reason, '太多人使用同一个号码' as reason_zh,
    'too many people share the value' as reason_en, 'pos:1' as left_profile_id, 'pos:2' as right_profile_id,
    'c_0000000000000001' as left_customer_id, 'c_0000000000000002' as right_customer_id, 'phone' as identifier_type,
    'token' as identifier_value, '021****8888' as identifier_mask, null as model_version, null as field_weights,
    64 as profiles, 60 as customers, null as match_weight, null as match_probability;

create table marts.customer_timeline as
with happened as (
    select channel || ':' || md5(customer_id || ordered_at) as interaction_id, customer_id, channel, 'order' as kind,
        '下单 ' || product as title, null as detail, gross_amount::decimal(18, 2) as amount, ordered_at as occurred_at
    from base.orders
    union all
    select channel || ':' || md5(customer_id || ordered_at) || ':refund', customer_id, channel, 'refund', '退款', null,
        -refund_amount::decimal(18, 2), ordered_at from base.orders where refund_amount > 0
    union all
    select md5(customer_id || 'sent'), customer_id, 'operations', 'message_sent', '消息已发送', 'dormant_recall', null,
        last_seen_at
    from marts.customers where last_seen_at is not null
    union all
    select md5(e.customer_id || e.occurred_at || k.kind), e.customer_id, e.channel, k.kind, k.title,
        case when e.channel = 'service' then '物流慢 <b>催单</b>，请回电【手机】' end, null, e.occurred_at
    from base.events as e inner join base.kinds as k using (channel)
)
select
    customer_id, interaction_id, channel, kind, title, detail, amount, occurred_at,
    row_number() over (partition by customer_id order by occurred_at desc, kind)::int as position
from happened
qualify position <= 100;

-- a thing at a reduced price and its wrapping; the rest of the amount belongs to no line
create table marts.customer_order_lines as
with lines as (
    select customer_id, channel || ':' || md5(customer_id || ordered_at) as order_id, product, gross_amount
    from base.orders
)
select
    customer_id, order_id, 1 as line_no, 'A1' as sku, product || ' <b>' as product_name, 2 as quantity,
    (gross_amount / 2)::decimal(18, 4) as unit_price, 3.00 as discount_amount, gross_amount - 3 as amount,
    'CNY' as currency, gross_amount as order_amount
from lines
union all
select customer_id, order_id, 2, 'B2', null, null, null, null, 1.00, 'CNY', gross_amount from lines;
