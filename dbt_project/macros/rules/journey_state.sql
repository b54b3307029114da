{#- Where runs of journeys stand before a build, who enters, and what became of their messages: CTEs of int_journey_log. They
    are no models, since they change with the log and the plan of each build, not with what these are built from. -#}

{#- CTE `standing`: where each run stood, of the CTEs `history` (the log so far) and `redirects`. -#}
{% macro journey_standing() %}
latest as (

    select
        run_id,
        min(journey_id) as journey_id,
        min(entity_id) as entity_id,
        max_by(customer_id, transition_no) as customer_id,
        max_by(to_step, transition_no) as to_step,
        max_by(version, transition_no) as version,
        max(transition_no) as transition_no,
        min(happened_at) as entered_at,
        max_by(happened_at, transition_no) as happened_at,
        max_by(seen_on, transition_no) as seen_on
    from history
    group by run_id

),

-- a run belongs to whoever its customer is today
standing as (

    select
        latest.run_id,
        latest.journey_id,
        coalesce(redirects.customer_id, latest.customer_id) as customer_id,
        latest.entity_id,
        latest.to_step as step,
        latest.version,
        latest.transition_no,
        latest.entered_at,
        latest.happened_at as since,
        latest.seen_on
    from latest
    left join redirects on latest.customer_id = redirects.retired_customer_id

)
{%- endmacro %}

{#- CTEs `live` (runs that have not ended, of approved journeys), `ended` (those that end for reasons outside of the file),
    `going_on` (the rest) and `leaving` (when what ends the journey happened first), of standing, entering, journeys,
    customers, exits and events. -#}
{% macro journey_live() %}
live as (

    select
        standing.*,
        customers.customer_id is null as is_customer_gone,
        not journeys.is_concurrent
        and row_number() over (
            partition by standing.journey_id, standing.customer_id
            order by standing.entered_at, standing.run_id
        ) > 1 as is_merged,
        journeys.version as newest_version,
        journeys.on_edit
    from standing
    inner join journeys on standing.journey_id = journeys.journey_id
    left join customers on standing.customer_id = customers.customer_id
    where standing.step <> 'exit'

),

ended as (

    select
        {{ run_columns() }},
        cast({{ as_of() }} as timestamp) as moved_at,
        'exit' as to_step,
        case when is_customer_gone then 'customer_gone' else 'merged' end as cause,
        cast(null as string) as detail
    from live
    where is_customer_gone or is_merged

),

going_on as (

    select * from live
    where not (is_customer_gone or is_merged)

),

leaving as (

    select
        runs.run_id,
        min_by(events.event, events.occurred_at) as event,
        min(events.occurred_at) as occurred_at
    from (
        select run_id, journey_id, customer_id, version, entered_at from going_on
        union all
        select run_id, journey_id, customer_id, version, entered_at from entering
        where not is_held_out
    ) as runs
    inner join exits on runs.journey_id = exits.journey_id and runs.version = exits.version
    inner join events
        on runs.customer_id = events.customer_id
        and exits.event = events.event
        and events.occurred_at > runs.entered_at
    group by runs.run_id

)
{%- endmacro %}

{#- CTE `sends`: what became of the messages of runs, of the CTEs journeys, deliveries and delivery_states. Grain: run, version
    and message. outcome: went, failed, held_out; leaving while it may be on its way; waits while it has not left. -#}
{% macro journey_sends() %}
-- one that left, or may have left, on any channel lets the run go on
delivered_sends as (

    select
        deliveries.occurrence as run_id,
        deliveries.campaign_version as version,
        deliveries.step as message,
        case
            when bool_or(coalesce(delivery_states.step_outcome, 'went') = 'went') then 'went'
            when bool_or(delivery_states.step_outcome = 'waits' and deliveries.is_sent) then 'leaving'
            when bool_or(delivery_states.step_outcome = 'waits') then 'waits'
            else 'failed'
        end as outcome,
        max(case when delivery_states.step_outcome = 'failed' then coalesce(deliveries.reason, deliveries.state) end)
            as reason,
        min(coalesce(deliveries.accepted_at, deliveries.planned_at)) as decided_at
    from deliveries
    inner join journeys on deliveries.campaign_id = journeys.journey_id
    left join delivery_states on deliveries.state = delivery_states.state
    group by deliveries.occurrence, deliveries.campaign_version, deliveries.step

),

refused_sends as (

    select
        run_id,
        version,
        message,
        case when reason = 'holdout' then 'held_out' else 'failed' end as outcome,
        reason,
        cast(refused_on as timestamp) as decided_at
    from {{ earlier_refusals() }} as refusals

),

-- what left, or failed, in the ledger wins over what a plan said
sends as (

    select delivered_sends.*
    from delivered_sends
    left join refused_sends
        on delivered_sends.run_id = refused_sends.run_id
        and delivered_sends.version = refused_sends.version
        and delivered_sends.message = refused_sends.message
    where refused_sends.run_id is null or delivered_sends.outcome <> 'waits'
    union all
    select refused_sends.*
    from refused_sends
    left join delivered_sends
        on refused_sends.run_id = delivered_sends.run_id
        and refused_sends.version = delivered_sends.version
        and refused_sends.message = delivered_sends.message
    where delivered_sends.run_id is null or delivered_sends.outcome = 'waits'

)
{%- endmacro %}

{#- The log as the build before left it. -#}
{% macro earlier_transitions() %}
    {{- earlier_rows('int_journey_log', 'seen_on', {
        'run_id': 'string', 'journey_id': 'string', 'customer_id': 'string', 'entity_id': 'string', 'to_step': 'string',
        'version': 'int', 'transition_no': 'int', 'change_no': 'bigint', 'happened_at': 'timestamp', 'seen_on': 'date'
    }) -}}
{% endmacro %}

{#- What the plans of earlier builds refused or held out: no edge of the lineage, since plans follow from the log. -#}
{% macro earlier_refusals() %}
    {{- earlier_rows('int_journey_refused_sends', 'refused_on', {
        'run_id': 'string', 'version': 'int', 'message': 'int', 'reason': 'string', 'refused_on': 'date'
    }) -}}
{% endmacro %}

{#- The rows of a register as they are now, of no later day than as_of; none where it is not made yet. -#}
{% macro earlier_rows(name, day, columns) %}
    {%- set kept = table_of(name) if execute and flags.INTROSPECT else none -%}
    {%- if kept is not none and load_relation(kept) is not none -%}
    (
        select {{ columns | join(', ') }} from {{ kept }}
        where {{ day }} <= {{ as_of() }}
    )
    {%- else -%}
    (
        select
            {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
    )
    {%- endif -%}
{% endmacro %}
