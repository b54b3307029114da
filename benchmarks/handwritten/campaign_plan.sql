-- Part of the peer of the full refresh, after campaigns.sql in the same session: the plan.

-- each customer of a campaign with each message that it has for them, by what rules a candidate out whatever others get
create temp table candidates as
with sent as (select * from messages where is_sent),
latest as (
    select campaign_id, campaign_version as version, step as step_before, customer_id, arg_max(occurrence, (sent_at, -place)) as last_occurrence, max(sent_at) as sent_at
    from (select *, coalesce(accepted_at, planned_at) as sent_at, row_number() over (order by delivery_id) as place from sent) group by all
),
due as (
    select a.*, step, step_before, channel, wait_days, position, destination, template, identifier_type, coalesce(last_occurrence, a.occurrence) as this_time,
        step_before is not null and coalesce(date_diff('day', sent_at::date, getvariable('as_of')) < wait_days, true) as fails_step_not_due
    from audience as a inner join offers using (campaign_id) left join latest using (campaign_id, version, step_before, customer_id)
)
select d.*, r.* exclude (customer_id, channel), c.customer_id is null as fails_no_consent, had.token is not null as has_recipient_had_it, before.customer_id is not null as fails_already_sent,
    fails_erased or fails_suppressed or fails_no_identifier or fails_no_consent or fails_unsuitable_line or is_holdout or is_profiling_optout or fails_already_sent
        or fails_step_not_due or not is_in_schedule or not is_offer_valid as is_out
from due as d inner join reached as r using (customer_id, channel)
left join (
    select customer_id, channel, purpose from customer_consents
    where is_granted and purpose in (select purpose from seed('consents/consent_purposes.csv') where is_for_messages)
) as c using (customer_id, channel, purpose)
left join (select distinct campaign_id, campaign_version as version, step, customer_id, occurrence as this_time from sent) as before
    using (campaign_id, version, step, customer_id, this_time)
left join (select distinct campaign_id, campaign_version as version, step, channel, identifier_token as token, occurrence as this_time from sent) as had
    on d.campaign_id = had.campaign_id and d.version = had.version and d.step = had.step and d.channel = had.channel and r.token = had.token and d.this_time = had.this_time;

-- one message each, over the first channel that may be used; of people who share an address the one who is worth most gets it
create temp table slots as
with chosen as (
    select customer_id, campaign_id, step, min(position) as chosen, arg_min({
            'cap_class': cap_class, 'priority': priority, 'is_approved': is_approved, 'value_score': value_score, 'type': identifier_type, 'token': token,
            'had': has_recipient_had_it, 'lately': lately, 'allowed': allowed
        }, position) as one
    from candidates where not is_out group by customer_id, campaign_id, step
),
flat as (select * exclude (one), unnest(one) from chosen),
twins as (select campaign_id, step, type, token from flat group by all having count(*) > 1),
outranked as (
    select customer_id, campaign_id, step from flat semi join twins using (campaign_id, step, type, token)
    qualify row_number() over (partition by campaign_id, step, type, token order by lately >= allowed, value_score desc, customer_id) > 1
),
addressed as (
    select f.*, had or o.customer_id is not null as is_same from flat as f left join outranked as o using (customer_id, campaign_id, step)
)
select customer_id, campaign_id, step, chosen, is_same,
    lately + sum((is_approved and not is_same)::int) over (partition by customer_id, cap_class order by priority desc, campaign_id, step rows unbounded preceding)
    + sum((not is_approved and not is_same)::int) over (partition by customer_id, cap_class, campaign_id order by step rows unbounded preceding) > allowed as is_over
from addressed;

-- a bit for each check, in the order in which they count; what the bits say is put into words once for each combination
create table campaign_plan as
with judged as (
    select c.*, fails_erased::int + fails_suppressed::int * 2 + fails_no_identifier::int * 4 + fails_no_consent::int * 8 + fails_unsuitable_line::int * 16 + is_holdout::int * 32
        + is_profiling_optout::int * 64 + fails_already_sent::int * 128 + fails_step_not_due::int * 256 + (not is_in_schedule)::int * 512 + (not is_offer_valid)::int * 1024
        + coalesce(is_over, lately >= allowed)::int * 2048
        + coalesce(is_same and chosen = position, false)::int * 4096 + coalesce(chosen <> position, false)::int * 8192 + (not is_approved)::int * 16384 as bits
    from candidates as c left join slots using (customer_id, campaign_id, step)
),
checks as (select reason, decision, row_number() over (order by position) - 1 as bit from seed('plan_reasons.csv')),
words as (
    select bits, string_agg(reason, ',' order by bit) as reasons, arg_min(reason, bit) as reason, arg_min(decision, bit) as decision
    from (select distinct bits from judged) inner join checks on bits & (1 << bit) > 0 group by bits
)
select campaign_id, customer_id, channel, step, version as campaign_version, this_time as occurrence, segment, destination, template, variant,
    coalesce(decision, 'send') as decision, reason, reasons, identifier_type, token as identifier_token, mask as identifier_mask,
    case when bits = 0 or reason = 'campaign_not_approved' then fields end as fields, purpose as consent_purpose, cap_class, priority, value_score, is_holdout, is_approved,
    getvariable('as_of') as as_of
from judged left join words using (bits);
