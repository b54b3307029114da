-- Part of the peer of the full refresh, after consents.sql in the same session: one row per customer, its records, which record
-- decides each field, and the links that made one customer of several records.

create table customers as
with genders as (
    select customer_id, arg_max(gender, (records, -place)) as gender
    from (select customer_id, gender, count(*) as records, min(trusted) as place from members where gender is not null group by all) group by customer_id
),
contacted as (
    select customer_id, count(*) as tickets from tickets inner join members using (id) where created_at::date <= getvariable('as_of') group by customer_id
),
-- a balance that rests on an entry nobody can read is not known
balances as (
    select customer_id, case when bool_and(value is not null) then sum(value) end as points
    from (
        select id, case when kind in ('earn', 'earned') then abs(points) when kind in ('reverse', 'reversed') then points
            when kind in ('spend', 'spent', 'redeem', 'redeemed', 'expire', 'expired') then -abs(points) end as value
        from points where occurred_at::date <= getvariable('as_of')
    ) inner join members using (id) group by customer_id
)
select customer_id, first_channel, channels, name.token as name_token, name.ref as name_ref, name.mask as name_mask, phone.token as phone_token, phone.mask as phone_mask,
    phone.line as phone_line_type, coalesce(message_phone, phone).token as message_phone_token, coalesce(message_phone, phone).mask as message_phone_mask,
    coalesce(message_phone, phone).line as message_phone_line_type, email.token as email_token, email.mask as email_mask, member_no, app.token as app_user_id,
    wecom.token as wecom_external_userid, gender, province, city, company, job_title, refused.customer_id is not null as is_profiling_optout,
    source_profiles::int as source_profiles, orders::int as orders_count,
    returned_orders::int as returned_orders_count, interactions_count::bigint as interactions_count, interactions_30d::int as interactions_30d, coalesce(tickets, 0) as tickets_count,
    case when balances.customer_id is null then 0 else balances.points::int end as points_balance, gross::decimal(18, 2) as gross_revenue,
    refunded::decimal(18, 2) as refunded_amount, net::decimal(18, 2) as net_revenue, round(kept / nullif(orders, 0), 2)::decimal(18, 2) as average_order_value, birthday,
    registered_at, first_seen_at, last_seen_at, first_purchase_at, last_purchase_at, last_interaction_at, getvariable('as_of') as as_of
from golden inner join totals using (customer_id) left join genders using (customer_id) left join contacted using (customer_id) left join balances using (customer_id)
left join (select distinct customer_id from customer_consents where purpose = 'profiling' and not is_granted) as refused using (customer_id);

create table customer_profiles as
select id as source_profile_id, customer_id, channel, substr(id, length(channel) + 2) as native_id, registered_at, updated_at from members;

-- links are given like the customer map, and no steward has decided any here
create table customer_links as
select m.customer_id, source_profile_id, linked_profile_id, identifier_type, identifier_value, case when reason <> 'probabilistic' then identifier_mask end as identifier_mask,
    reason,
    case reason when 'probabilistic' then '概率匹配：' || coalesce(weights, '') when 'same_value_and_name' then '相同的' || t.name_zh || '和姓名' || shown
        else '相同的' || t.name_zh || shown end as reason_zh,
    case reason when 'probabilistic' then 'probable match by weight of ' || coalesce(weights, '') when 'same_value_and_name' then 'same ' || t.name_en || ' and name' || shown
        else 'same ' || t.name_en || shown end as reason_en,
    case when reason = 'probabilistic' then identifier_mask end as field_weights
from (
    select *, coalesce(' ' || identifier_mask, '') as shown, case when reason = 'probabilistic' then translate(identifier_mask, '{}"', '') end as weights
    from warehouse.identity.int_identity__accepted_links
    anti join warehouse.identity.int_identity__refused_links using (source_profile_id, linked_profile_id, identifier_type, identifier_value)
) as l
inner join customer_map as m on source_profile_id = m.id inner join customer_map as n on linked_profile_id = n.id and m.customer_id = n.customer_id
left join read_csv(getvariable('seeds') || '/identity/identity_rules.csv') as t using (identifier_type);

create table customer_field_sources as
with asked as (
    select customer_id, id, 'name' as field, name_token as value, name_mask as shown, trusted as place from members
    union all select customer_id, id, 'phone', phone_token, phone_mask, trusted from members
    union all select customer_id, id, 'message_phone', message_phone_token, phone_mask, trusted from members
    union all select customer_id, id, 'email', email_token, email_mask, trusted from members
    union all select customer_id, id, 'member_no', member_no, member_no, trusted from members
    union all select customer_id, id, 'birthday', birthday::varchar, strftime(birthday, '%m-%d'), trusted from members
    union all select customer_id, id, 'gender', gender, gender, trusted from members
    union all select customer_id, id, 'app_user_id', app_user_id, app_user_id, recent from members
    union all select customer_id, id, 'wecom_external_userid', wecom_external_userid, wecom_external_userid, recent from members
    union all select customer_id, id, 'province', province, province, recent from members
    union all select customer_id, id, 'city', city, city, recent from members
    union all select customer_id, id, 'company', company, company, recent from members
    union all select customer_id, id, 'job_title', job_title, job_title, recent from members
),
-- the value that most profiles have decides the gender
valued as (
    select customer_id, field, count(*) as records, arg_min(id, place) as id, arg_min(shown, place) as shown,
        min(place) - case when field = 'gender' then 1000000 * count(*) else 0 end as place
    from asked where value is not null group by customer_id, field, value
),
chosen as (
    select customer_id, field, sum(records) - 1 as others, count(*) as different, arg_min(id, place) as id, arg_min(shown, place) as shown from valued group by all
)
select customer_id, field, r.name_zh as field_zh, r.name_en as field_en, rule, id as source_profile_id, split_part(id, ':', 1) as channel, shown as shown_value,
    case when others = 0 then '只有这份档案有' when different = 1 then others + 1 || ' 份档案一致'
        else why_zh || '：' || others + 1 || ' 份档案有 ' || different || ' 个不同的值' end as why_zh,
    case when others = 0 then 'the only profile that has one' when different = 1 then 'all ' || others + 1 || ' profiles agree'
        else why_en || ': ' || others + 1 || ' profiles have ' || different || ' different values' end as why_en,
    others::int as other_candidates, different::int as distinct_values
from chosen
inner join read_csv(getvariable('seeds') || '/customers/survivorship_rules.csv') as r using (field)
inner join read_csv(getvariable('seeds') || '/customers/survivorship_methods.csv') using (rule);
