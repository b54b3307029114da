-- Part of the peer of the full refresh, after identity_marts.sql in the same session: who gets which message, and why the others do
-- not. Work is done at the coarsest grain that it needs: what holds for a customer once for each customer, what holds for a
-- campaign once for each of its customers, and only the rest for each message channel.

create macro seed(path) as table select * from read_csv(getvariable('seeds') || '/' || path);

create temp table campaigns as
select campaign_id, version::int as version, name_zh, name_en, segment, purpose, holdout_percent,
    case when cap_class in (select cap_class from seed('frequency_caps.csv')) then cap_class else 'marketing' end as cap_class, priority::int as priority, goal,
    goal_window_days, is_active, coalesce(getvariable('as_of') between starts_on and coalesce(ends_on, getvariable('as_of')), starts_on is null and coalesce(ends_on >= getvariable('as_of'), true))
        and coalesce(weekdays like '%' || lower(strftime(getvariable('as_of'), '%a')) || '%', true) as is_in_schedule, coalesce(offer_ends_on >= getvariable('as_of'), true) as is_offer_valid, coalesce(status = 'approved', false) as is_approved,
    case occurrence when 'daily' then getvariable('as_of')::varchar when 'weekly' then 'week-' || date_trunc('week', getvariable('as_of'))::date
        when 'monthly' then strftime(getvariable('as_of'), '%Y-%m') when 'quarterly' then year(getvariable('as_of')) || '-Q' || quarter(getvariable('as_of')) else 'once' end as occurrence
from raw('operations', 'campaigns') qualify row_number() over (partition by campaign_id order by updated_at desc, version desc) = 1;

create temp table offers as
with steps as (
    select * from (
        select * from raw('operations', 'campaign_steps')
        qualify row_number() over (partition by campaign_id, version, step order by updated_at desc nulls last, _dlt_load_id desc, _line desc) = 1
    ) where is_active
),
channels as (
    select * from (
        select * from raw('operations', 'campaign_channels')
        qualify row_number() over (partition by campaign_id, version, step, channel order by updated_at desc nulls last, _dlt_load_id desc, _line desc) = 1
    ) where is_active
)
select campaign_id, s.step::int as step, channel, step_before, coalesce(wait_days, 0) as wait_days, position::int as position, destination, template, identifier_type
from (select *, lag(step) over (partition by campaign_id, version order by step) as step_before from steps) as s
inner join channels using (campaign_id, version, step) semi join campaigns using (campaign_id, version) left join seed('message_channels.csv') using (channel);

-- ---- customers: each once, where a campaign looks for them -------------------------------------------------------------
create temp table recipients as
select c.customer_id, is_profiling_optout, value_tier, value_score,
    json_object('city', city, 'days_since_purchase', days_since_purchase, 'gender', gender, 'last_purchase_day', cast(last_purchase_at::date as varchar), 'loyalty_tier', loyalty_tier, 'name', name_ref, 'points_balance', points_balance, 'rfm_segment', segment_8, 'stage', stage, 'value_tier', value_tier)::varchar as fields
from customers as c inner join customer_value using (customer_id) inner join customer_lifecycle using (customer_id) left join customer_rfm using (customer_id)
where c.customer_id in (select customer_id from segment_members where segment in (select segment from campaigns where is_active));

create temp table reached as
with closed as (
    select s.identifier_type, identifier_token, m.channel, bool_or(coalesce(scope, 'person') = 'person') as is_person, bool_or(s.reason = 'erased') as is_erased
    from (
        select * from raw('operations', 'suppressions')
        qualify row_number() over (partition by identifier_type, identifier_token, channel order by updated_at desc nulls last, _dlt_load_id desc, _line desc) = 1
    ) as s
    inner join seed('message_channels.csv') as m on s.channel in (m.channel, '*') or s.reason = 'erased'
    left join seed('suppression_reasons.csv') as r on s.reason = r.reason
    where is_active and created_at::date <= getvariable('as_of') group by all
),
people as (
    select customer_id, closed.channel, bool_or(is_erased) as is_erased
    from closed inner join customer_identifiers as i on closed.identifier_type = i.identifier_type and identifier_token = identifier_value
    where is_person group by all
),
addresses as (
    select customer_id, unnest([
            {'channel': 'sms', 'type': 'phone', 'token': message_phone_token, 'mask': message_phone_mask, 'line': coalesce(message_phone_line_type, 'unknown')},
            {'channel': 'email', 'type': 'email', 'token': email_token, 'mask': email_mask, 'line': null},
            {'channel': 'wecom', 'type': 'wecom_external_userid', 'token': wecom_external_userid, 'mask': wecom_external_userid, 'line': null},
            {'channel': 'app_push', 'type': 'app_user_id', 'token': app_user_id, 'mask': app_user_id, 'line': null}
        ], recursive := true)
    from customers semi join recipients using (customer_id)
)
select a.customer_id, a.channel, token, mask, coalesce(p.is_erased, false) as fails_erased, p.customer_id is not null or closed.channel is not null as fails_suppressed,
    token is null as fails_no_identifier, token is not null and line is not null and lines.channel is null as fails_unsuitable_line
from addresses as a left join people as p using (customer_id, channel)
left join closed on a.type = closed.identifier_type and a.token = closed.identifier_token and a.channel = closed.channel
left join seed('channel_line_types.csv') as lines on a.channel = lines.channel and a.line = lines.line_type;

-- ---- customers of campaigns ------------------------------------------------------------------------------------------
create temp table audience as
with variants as (
    select *, sum(weight) over (partition by campaign_id order by variant) as so_far, sum(weight) over (partition by campaign_id) as total
    from (
        select * from raw('operations', 'campaign_variants')
        qualify row_number() over (partition by campaign_id, version, variant order by updated_at desc nulls last, _dlt_load_id desc, _line desc) = 1
    ) semi join campaigns using (campaign_id, version) where is_active
),
drawn as (
    select campaign_id, variant, floor((so_far - weight) * 10000 / total)::int as drawn_from, floor(so_far * 10000 / total)::int as drawn_below from variants
),
used as (
    select customer_id, cap_class, count(*) as messages
    from messages inner join campaigns using (campaign_id) inner join customer_value using (customer_id) inner join seed('frequency_caps.csv') using (cap_class, value_tier)
    where takes_cap_slot and date_diff('day', coalesce(accepted_at, planned_at)::date, getvariable('as_of')) < window_days group by all
)
select customer_id, campaign_id, r.* exclude (customer_id), c.* exclude (campaign_id), coalesce(used.messages, 0) as lately, coalesce(max_messages, 0) as allowed,
    case when holdout_percent > 0 then ('0x' || substr(md5(customer_id || '|' || campaign_id), 1, 15))::bigint % 10000 < holdout_percent * 100 else false end as is_holdout,
    variant
from (select campaign_id, segment, version, purpose, cap_class, priority, is_approved, is_in_schedule, is_offer_valid, occurrence, holdout_percent from campaigns where is_active) as c
inner join segment_members using (segment) inner join recipients as r using (customer_id)
left join used using (customer_id, cap_class) left join seed('frequency_caps.csv') using (cap_class, value_tier)
left join drawn using (campaign_id)
where drawn_from is null or drawn_from = 0 and drawn_below = 10000
    or ('0x' || substr(md5(customer_id || '|variant|' || campaign_id), 1, 15))::bigint % 10000 between drawn_from and drawn_below - 1;
