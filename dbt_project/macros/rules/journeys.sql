{#- What a journey's runs do next. A pass looks at the step at which each run stands, and says whether it goes on, when,
    where to and why; the next pass looks at those that did. int_journey_log makes as many passes as a journey has steps. -#}

{#- How many passes a build needs: a run can pass every step at once. -#}
{% macro journey_passes() %}
    {%- if not execute or not flags.INTROSPECT
        or load_relation(table_of('stg_operations__journey_steps')) is none -%}{{- return(1) -}}{%- endif -%}
    {%- set found = run_query(
        'select max(position) from ' ~ table_of('stg_operations__journey_steps') ~ ' where is_active') -%}
    {{- return((found.columns[0].values()[0] or 0) | int + 1) -}}
{% endmacro %}

{#- Rows of a part of journeys that count, of the CTE `journeys`: of the version in the file what stands there, of earlier versions,
    in which somebody may still be, everything. -#}
{% macro parts_in_force(model) -%}
    select parts.*
    from {{ ref(model) }} as parts
    inner join journeys on parts.journey_id = journeys.journey_id
    where parts.is_active or parts.version <> journeys.version
{%- endmacro %}

{#- The columns of a run that is on its way; changed: other expressions for some of them, by column. -#}
{% macro run_columns(changed={}, relation='') -%}
    {%- for column in [
        'run_id', 'journey_id', 'customer_id', 'entity_id', 'version', 'step', 'transition_no', 'entered_at', 'since'
    ] %}
        {{ relation ~ '.' if relation }}{{ changed[column] ~ ' as ' ~ column if column in changed else column }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- CTE `may_move`: of the runs of the newest version those for which a pass can find anything, which on most days are few: a
    wait is over, a message has been decided about or waited too long, or the customer did something that journeys name. -#}
{% macro journey_may_move() %}
eventful_customers as (

    select
        customer_id,
        max(occurred_at) as occurred_at
    from events
    group by customer_id

),

may_move as (

    select going_on.*
    from going_on
    inner join journeys on going_on.journey_id = journeys.journey_id
    left join steps
        on going_on.journey_id = steps.journey_id
        and going_on.version = steps.version
        and going_on.step = steps.name
    left join sends
        on going_on.run_id = sends.run_id
        and going_on.version = sends.version
        and steps.message = sends.message
    left join eventful_customers
        on going_on.customer_id = eventful_customers.customer_id
        and going_on.entered_at < eventful_customers.occurred_at
    where
        going_on.version = going_on.newest_version
        and (
            eventful_customers.customer_id is not null
            or steps.kind is null
            or steps.kind not in ('send', 'wait')
            or sends.run_id is not null
            or (steps.kind = 'send' and {{ days_between('going_on.since', as_of()) }} > journeys.valid_days)
            or (steps.kind = 'wait' and {{ days_between('going_on.since', as_of()) }} >= steps.wait_days)
        )

)
{%- endmacro %}

{#- One pass over the runs of the relation `runs`: CTE `<name>` with where each stands, and moved_at, to_step, cause and detail
    of those that go on (null for those that stay). only_messages: nothing but what became of messages counts. -#}
{% macro journey_pass(name, runs, only_messages=false) %}
{%- set leaves = 'false' if only_messages else 'leaving_at <= coalesce(goes_at, leaving_at)' %}
{%- set due_at = 'cast(' ~ add_days('cast(runs.since as date)', 'steps.wait_days') ~ ' as timestamp)' %}
{{ name }}_facts as (

    select
        {{ run_columns(relation='runs') }},
        steps.kind,
        steps.then_step,
        steps.else_step,
        steps.event,
        steps.task,
        journeys.valid_days,
        sends.outcome,
        sends.reason,
        sends.decided_at,
        branch_targets.target,
        branch_targets.position as arm,
        leaving.event as leaving_event,
        leaving.occurred_at as leaving_at,
        {{ due_at }} as due_at,
        min(events.occurred_at) as event_at
    from {{ runs }} as runs
    inner join journeys on runs.journey_id = journeys.journey_id
    left join steps
        on runs.journey_id = steps.journey_id
        and runs.version = steps.version
        and runs.step = steps.name
    left join sends
        on runs.run_id = sends.run_id
        and runs.version = sends.version
        and steps.message = sends.message
    left join branch_targets
        on runs.customer_id = branch_targets.customer_id
        and runs.journey_id = branch_targets.journey_id
        and runs.version = branch_targets.version
        and runs.step = branch_targets.step
    left join leaving on runs.run_id = leaving.run_id
    left join events
        on runs.customer_id = events.customer_id
        and steps.event = events.event
        and events.occurred_at > runs.since
        and events.occurred_at < {{ due_at }}
        and (not steps.is_of_entity or runs.entity_id = events.entity_id)
    group by
        runs.run_id, runs.journey_id, runs.customer_id, runs.entity_id, runs.version, runs.step, runs.transition_no,
        runs.entered_at, runs.since, steps.kind, steps.then_step, steps.else_step, steps.event, steps.task,
        steps.wait_days, journeys.valid_days, sends.outcome, sends.reason, sends.decided_at, branch_targets.target,
        branch_targets.position, leaving.event, leaving.occurred_at

),

{{ name }}_next as (

    select
        *,
        {%- if only_messages %}
        case when kind = 'send' and outcome in ('went', 'failed') then decided_at end as goes_at
        {%- else %}
        case
            when kind is null or kind in ('branch', 'task', 'exit') then since
            when kind = 'send' and outcome in ('went', 'failed', 'held_out') then decided_at
            when kind = 'send' and {{ days_between('since', as_of()) }} > valid_days and coalesce(outcome, '') <> 'leaving'
                then cast({{ as_of() }} as timestamp)
            when kind = 'wait' and event_at is not null then event_at
            when kind = 'wait' and due_at <= cast({{ as_of() }} as timestamp) then due_at
        end as goes_at
        {%- endif %}
    from {{ name }}_facts

),

-- an event that ends the journey wins over everything that would happen after it
{{ name }} as (

    select
        {{ run_columns() }},
        case
            when {{ leaves }} then leaving_at
            else greatest(goes_at, since)
        end as moved_at,
        case
            when {{ leaves }} then 'exit'
            when goes_at is null then null
            when kind is null or kind = 'exit' or outcome = 'held_out' then 'exit'
            when kind = 'branch' then target
            when kind = 'send' and coalesce(outcome, '') <> 'went' then else_step
            when kind = 'wait' and event is not null and event_at is null then else_step
            else then_step
        end as to_step,
        case
            when {{ leaves }} then 'left'
            when goes_at is null then null
            when kind is null then 'step_missing'
            when kind = 'exit' then 'ended'
            when kind = 'branch' then 'branched'
            when kind = 'task' then 'task_set'
            when outcome = 'held_out' then 'held_out'
            when kind = 'send' and outcome = 'went' then 'sent'
            when kind = 'send' then 'not_sent'
            when event is null then 'waited'
            when event_at is not null then 'happened'
            else 'timed_out'
        end as cause,
        case
            when {{ leaves }} then leaving_event
            when kind = 'branch' then cast(arm as string)
            when kind in ('task', 'exit') then task
            when kind = 'send' and outcome = 'failed' then reason
            when kind = 'send' and coalesce(outcome, 'waits') = 'waits' then 'waited_too_long'
            when kind = 'wait' then event
        end as detail
    from {{ name }}_next

)
{%- endmacro %}
