-- The newcomer journey: some held out, some inside, some who left early, some who came to its end.
create table base.journey_steps as
select * from (values
    (1, 'newcomer_guide', 'send', 'newcomer_guide', 'first_purchase', 'first_purchase', null),
    (2, 'first_purchase', 'wait', 'purchase', 'thanked', 'gift_reminder', 7),
    (3, 'gift_reminder', 'send', 'newcomer_gift', 'thanked', 'thanked', null),
    (4, 'thanked', 'wait', null, 'who_is_called', 'exit', 7),
    (5, 'who_is_called', 'branch', null, 'second_month', 'exit', null),
    (6, 'personal_call', 'task', 'personal_call', 'second_month', 'exit', null),
    (7, 'second_month', 'wait', null, 'newcomer_survey', 'exit', 28),
    (8, 'newcomer_survey', 'send', 'newcomer_survey', 'exit', 'exit', null)
) as v (position, step, kind, about, then_step, else_step, wait_days);

-- each path from the entry on, with the customers who took it
create table base.journey_paths as
select * from (values
    (1, 6, 1, null, 'exit', 'held_out', null, 0),
    (7, 40, 1, null, 'newcomer_guide', 'entered', null, 0),
    (7, 38, 2, 'newcomer_guide', 'first_purchase', 'sent', null, 0),
    (39, 40, 2, 'newcomer_guide', 'first_purchase', 'not_sent', 'no_consent', 0),
    (14, 17, 3, 'first_purchase', 'exit', 'left', 'unsubscribed', 3),
    (18, 26, 3, 'first_purchase', 'thanked', 'happened', 'purchase', 4),
    (27, 40, 3, 'first_purchase', 'gift_reminder', 'timed_out', 'purchase', 7),
    (27, 40, 4, 'gift_reminder', 'thanked', 'sent', null, 7),
    (30, 40, 5, 'thanked', 'who_is_called', 'waited', null, 14),
    (30, 33, 6, 'who_is_called', 'personal_call', 'branched', '1', 14),
    (34, 40, 6, 'who_is_called', 'second_month', 'branched', '2', 14),
    (30, 33, 7, 'personal_call', 'second_month', 'task_set', 'personal_call', 14),
    (36, 40, 7, 'second_month', 'newcomer_survey', 'waited', null, 42),
    (36, 38, 8, 'newcomer_survey', 'exit', 'sent', null, 42),
    (39, 40, 8, 'newcomer_survey', 'exit', 'not_sent', 'no_consent', 43)
) as v (first_n, last_n, transition_no, from_step, to_step, cause, detail, days);

create table campaigns.journey_transitions as
with people as (
    select row_number() over (order by customer_id) as n, customer_id from marts.customers
)
select
    'r' || n as run_id, 'newcomer_nurture' as journey_id, customer_id, from_step, to_step, cause, detail, 1 as version,
    transition_no, getvariable('as_of')::timestamp - to_days(60) + to_days(n::int % 9 + days) as happened_at,
    happened_at::date as seen_on
from people inner join base.journey_paths on n between first_n and last_n;

create table campaigns.journey_runs as
select
    run_id, journey_id, customer_id, null as entity_id, last(to_step order by transition_no) as step,
    case when last(to_step order by transition_no) = 'exit' then last(from_step order by transition_no) end
        as last_step,
    last(cause order by transition_no) as cause, last(detail order by transition_no) as detail,
    last(to_step order by transition_no) <> 'exit' as is_live, version, max(transition_no) as transitions,
    min(happened_at) as entered_at, max(happened_at) as since
from campaigns.journey_transitions group by all;

create table campaigns.journey_tasks as
select run_id, journey_id, customer_id, from_step as step, detail as task, 'marketing' as owner, version,
    happened_at as set_at
from campaigns.journey_transitions where cause = 'task_set';

create table campaigns.journey_funnel as
select
    'newcomer_nurture' as journey_id, step, '新客培育' as journey_zh, 'Newcomer nurture' as journey_en, kind, about,
    then_step, else_step, true as is_newest, 1 as version, position, wait_days,
    (select count(distinct run_id) from campaigns.journey_transitions as t where t.to_step = s.step) as reached,
    (select count(*) from campaigns.journey_runs as r where r.is_live and r.step = s.step) as standing,
    (select count(distinct run_id) from campaigns.journey_transitions as t
        where t.from_step = s.step and t.to_step <> 'exit') as gone_on,
    (select count(distinct run_id) from campaigns.journey_transitions as t
        where t.from_step = s.step and t.to_step = 'exit') as ended,
    getvariable('as_of') as as_of
from base.journey_steps as s;
