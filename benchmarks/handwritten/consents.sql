-- Part of the peer of the full refresh, after customers.sql in the same session: the identifiers that a customer's records
-- carry, where messages would go, and what the customer allows.

create table customer_identifiers as
with carried as (
    select customer_id, id, 'phone' as identifier_type, phone_token as identifier_value, phone_mask as identifier_mask from members
    union all select customer_id, id, 'email', email_token, email_mask from members
    union all select customer_id, id, 'id_number', id_number_token, id_number_mask from members
    union all select customer_id, id, 'member_no', member_no, member_no from members
    union all select customer_id, id, 'wecom_unionid', wecom_unionid, wecom_unionid from members
    union all select customer_id, id, 'wecom_external_userid', wecom_external_userid, wecom_external_userid from members
    union all select customer_id, id, 'shop_account', shop_account, shop_account from members
    union all select customer_id, id, 'app_user_id', app_user_id, app_user_id from members
    union all select customer_id, id, 'device_id', device_id, device_id from members
    union all select customer_id, id, 'name', name_token, name_mask from members
)
select customer_id, id as source_profile_id, identifier_type, identifier_value, identifier_mask, identifier_type <> 'name' as is_linking
from carried where identifier_value is not null;

create temp table golden as
select customer_id, count(*) as records, arg_min(channel, seniority) as first_channel, string_agg(distinct channel, ',' order by channel) as channels,
    arg_min({'token': name_token, 'ref': name_ref, 'mask': name_mask}, trusted) filter (where name_token is not null) as name,
    arg_min({'token': phone_token, 'mask': phone_mask, 'line': phone_line_type, 'id': id}, trusted) filter (where phone_token is not null) as phone,
    arg_min({'token': phone_token, 'mask': phone_mask, 'line': coalesce(phone_line_type, 'unknown'), 'id': id}, trusted)
        filter (where message_phone_token is not null) as message_phone,
    arg_min({'token': email_token, 'mask': email_mask, 'id': id}, trusted) filter (where email_token is not null) as email,
    arg_min({'token': app_user_id, 'id': id}, recent) filter (where app_user_id is not null) as app,
    arg_min({'token': wecom_external_userid, 'id': id}, recent) filter (where wecom_external_userid is not null) as wecom,
    arg_min(member_no, trusted) as member_no, arg_min(birthday, trusted) as birthday, arg_min(province, recent) as province, arg_min(city, recent) as city,
    arg_min(company, recent) as company, arg_min(job_title, recent) as job_title
from members group by customer_id;

create table customer_consents as
with asked as (
    select 'sms' as channel, 'marketing' as purpose, 'phone' as identifier_type, phone_token as token, channel as source, sms_opt_in as granted, updated_at as changed_at
    from profiles
    union all select 'email', 'marketing', 'email', email_token, channel, email_opt_in, updated_at from profiles
    union all select 'app_push', 'marketing', 'app_user_id', app_user_id, channel, push_opt_in, updated_at from profiles
    union all select 'wecom', 'marketing', 'wecom_external_userid', wecom_external_userid, channel, was_added, added_at from profiles where was_added
    union all
    (select channel, purpose, identifier_type, identifier_token, source, granted, changed_at from raw('operations', 'consents')
    qualify row_number() over (
        partition by identifier_type, identifier_token, channel, purpose order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc
    ) = 1)
),
-- each source's answer: a no among several is a no
latest as (
    select channel, purpose, identifier_type, token, source, bool_and(granted) as granted, max(changed_at) as changed_at
    from asked where token is not null and granted is not null group by all
    having max(changed_at) is null or max(changed_at)::date <= getvariable('as_of')
),
addresses as (
    select customer_id, unnest([
            {'channel': 'sms', 'token': coalesce(message_phone, phone).token, 'id': coalesce(message_phone, phone).id},
            {'channel': 'email', 'token': email.token, 'id': email.id}, {'channel': 'wecom', 'token': wecom.token, 'id': wecom.id},
            {'channel': 'app_push', 'token': app.token, 'id': app.id}
        ], recursive := true) from golden
),
answered as (
    select i.customer_id, i.source_profile_id, l.identifier_type, l.token, i.identifier_mask, l.channel, l.purpose, l.source, l.granted, l.changed_at,
        coalesce(granted and (source = split_part(a.id, ':', 1) or l.token = a.token), false) as opens_address
    from latest as l inner join customer_identifiers as i on l.identifier_type = i.identifier_type and l.token = i.identifier_value
    left join addresses as a on i.customer_id = a.customer_id and i.source_profile_id = a.id and l.channel = a.channel
),
decided as (
    select * from answered
    qualify row_number() over (
        partition by customer_id, channel, purpose
        order by granted, opens_address desc, changed_at desc nulls last, source, source_profile_id, identifier_type, token
    ) = 1
)
select customer_id, channel, purpose, coalesce(granted and (opens_address or purpose <> 'marketing'), false) as is_granted,
    case when granted is null then 'never_asked' when not granted then 'refused' when opens_address or purpose <> 'marketing' then 'granted' else 'address_not_asked' end as reason,
    identifier_type, identifier_mask, source, source_profile_id, changed_at as answered_at
from (
    select customer_id, channel, 'marketing' as purpose from golden cross join (values ('sms'), ('email'), ('wecom'), ('app_push')) as c(channel)
    union all select customer_id, channel, purpose from decided semi join golden using (customer_id) where purpose <> 'marketing'
) left join decided using (customer_id, channel, purpose);
