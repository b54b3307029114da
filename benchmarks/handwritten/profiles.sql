-- The peer of the full refresh: the raw lake to profiles (here), customers (customers.sql) and marts (the other files), as one
-- person would write it in DuckDB in one sitting, with no regard for the next person. Its results must equal the platform's.
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
create macro clean(t) as nullif(trim(t), '');
create macro place(t) as nullif(regexp_replace(trim(t), '(市|省)$', ''), '');
create macro sex(t) as case
    when lower(trim(t)) in ('male', 'm', '男', '1', '先生') then 'male' when lower(trim(t)) in ('female', 'f', '女', '2', '女士') then 'female'
end;
create macro born(day) as case when day >= date '1906-01-01' and day <> date '1970-01-01' and day <= getvariable('as_of') then day end;

-- ---- what several tables read: the newest row of each key --------------------------------------------------------------
create temp table leads as
select *, 'exhibitions:' || lead_no as event, case when phone_token is not null or email_token is not null then event end as id from raw('exhibitions', 'leads')
qualify row_number() over (partition by lead_no order by _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table tickets as
select * exclude (text, customer_name_features, email_features), 'service:' || ticket_id as event,
    case when phone_token is not null or email_token is not null then event end as id, lower(trim(ticket_type)) as kind
from raw('service', 'tickets')
qualify row_number() over (partition by ticket_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table responses as
select * exclude (comment), comment is not null as has_comment, 'surveys:' || response_id as event, case when phone_token is not null and not coalesce(is_anonymous, false) then event end as id
from raw('surveys', 'responses')
qualify row_number() over (partition by response_id order by _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table registrations as
select * exclude (name_features), 'activities:' || registration_id as event, case when phone_token is not null then event end as id,
    coalesce(invited_at, confirmed_at, attended_at, updated_at) as registered_at
from raw('activities', 'registrations')
qualify row_number() over (partition by registration_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table contacts as
select *, min(_dlt_load_id) over (partition by external_userid, follow_userid) as first_load_id from raw('wecom', 'contacts')
qualify row_number() over (partition by external_userid, follow_userid order by _dlt_load_id desc, _source_file desc, _line desc) = 1;

-- the store of operations: messages, what became of them, and answers to them
create temp table deliveries as
select * from raw('operations', 'deliveries')
qualify row_number() over (partition by delivery_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table delivery_events as
select * from raw('operations', 'delivery_events')
qualify row_number() over (partition by event_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1;

create temp table joiners as
select *, min(_dlt_load_id) over (partition by chat_id, userid) as first_load_id from raw('wecom', 'group_members')
qualify row_number() over (partition by chat_id, userid order by _dlt_load_id desc, _source_file desc, _line desc) = 1;

-- ---- profiles -------------------------------------------------------------------------------------------------------
-- the made-up retailer writes one number or address a field and gives no key to two people, so neither is looked for
create temp table profiles as
with shop as (
    select * from raw('shop', 'customers')
    qualify row_number() over (partition by customer_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
pos as (
    select * from raw('pos', 'customers')
    qualify row_number() over (partition by pos_customer_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
app as (
    select * from raw('app', 'users')
    qualify row_number() over (partition by app_user_id order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
loyalty as (
    select * from raw('loyalty', 'members')
    qualify row_number() over (partition by member_no order by updated_at desc nulls last, _dlt_load_id desc, _source_file desc, _line desc) = 1
),
wecom as (
    select external_userid, clean(unionid) as unionid, mobile_token as phone_token, mobile_mask as phone_mask, mobile_line_type as phone_line_type, remark_token,
        coalesce(remark_token, name_token) as name, case when remark_token is null and name_token is not null then name_ref else coalesce(remark_ref, name_ref) end as ref,
        case when remark_token is null and name_token is not null then name_mask else coalesce(remark_mask, name_mask) end as mask, sex(gender::varchar) as gender, created_at,
        true as is_contact, first_load_id
    from contacts
    union all by name
    select userid as external_userid, clean(unionid) as unionid, name_token as name, name_ref as ref, name_mask as mask, joined_at as created_at, false as is_contact, first_load_id
    from joiners where member_type = 2
),
wecom_best as (
    select *, max(unionid) over w as any_unionid, min(created_at) over w as registered_at, max(created_at) over w as updated_at, bool_or(is_contact) over w as was_added,
        min(case when is_contact then created_at end) over w as added_at
    from wecom
    window w as (partition by external_userid)
    qualify row_number() over (partition by external_userid order by phone_token is null, remark_token is null, created_at nulls last, first_load_id, name, phone_token, gender) = 1
),
united as (
    select 'shop:' || customer_id as id, name_token, name_ref, name_mask, mobile_token as phone_token, mobile_mask as phone_mask, mobile_line_type as phone_line_type,
        email_token, email_mask, customer_id as shop_account, sex(gender) as gender, born(birthday) as birthday, place(province) as province, place(city) as city,
        sms_opt_in, email_opt_in, coalesce(is_test, false) as is_test, registered_at, updated_at from shop
    union all by name
    select 'pos:' || pos_customer_id as id, name_token, name_ref, name_mask, phone_token, phone_mask, phone_line_type, clean(member_no) as member_no, sex(gender) as gender,
        place(city) as city, sms_opt_in, registered_at, updated_at from pos
    union all by name
    select 'app:' || app_user_id as id, name_token, name_ref, name_mask, phone_token, phone_mask, phone_line_type, app_user_id, clean(device_id) as device_id, push_opt_in,
        registered_at, updated_at from app
    union all by name
    select 'web:' || cookie_id as id, min(occurred_at) as registered_at, max(occurred_at) as updated_at from raw('web', 'events') where shop_customer_id is not null group by all
    union all by name
    select id, name_token, name_ref, name_mask, phone_token, phone_mask, phone_line_type, email_token, email_mask, place(city) as city, clean(company) as company,
        clean(job_title) as job_title, sms_opt_in, registered_at, registered_at as updated_at from leads where id is not null
    union all by name
    select id, customer_name_token as name_token, customer_name_ref as name_ref, customer_name_mask as name_mask, phone_token, phone_mask, phone_line_type, email_token,
        email_mask, created_at as registered_at, updated_at from tickets where id is not null
    union all by name
    select 'wecom:' || external_userid as id, name as name_token, ref as name_ref, mask as name_mask, phone_token, phone_mask, phone_line_type,
        external_userid as wecom_external_userid, any_unionid as wecom_unionid, gender, was_added, added_at, registered_at, updated_at from wecom_best
    union all by name
    select id, phone_token, phone_mask, phone_line_type, answered_at as registered_at, answered_at as updated_at from responses where id is not null
    union all by name
    select 'loyalty:' || member_no as id, name_token, name_ref, name_mask, phone_token, phone_mask, phone_line_type, email_token, email_mask, id_number_token, id_number_mask,
        member_no, born(birthday) as birthday, sms_opt_in, joined_at as registered_at, updated_at from loyalty
    union all by name
    select id, name_token, name_ref, name_mask, phone_token, phone_mask, phone_line_type, registered_at, updated_at from registrations where id is not null
)
select *, split_part(id, ':', 1) as channel, case when phone_token is not null and coalesce(phone_line_type, 'unknown') in ('mobile', 'unknown') then phone_token end as message_phone_token
from united;
