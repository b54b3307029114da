{#- Which step of a journey each customer reached, when and why: no rebuild makes it again. It only grows, also in a
    full refresh. What the log says itself is where everybody stands; passes say who goes on. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', tags=['history'], meta={'grows_by': 'change_no', 'published_only': true}
) }}
{%- if not execute %}
    {%- for name in metric_models() %}{% do ref(name) %}{% endfor %}
    {%- do ref('int_journey_customer_states') %}{% do ref('customer_tags') %}
{%- endif %}

with journeys as (

    select * from {{ ref('int_journeys') }}
    where is_approved

),

steps as (

    {{ parts_in_force('stg_operations__journey_steps') }}

),

arms as (

    {{ parts_in_force('stg_operations__journey_arms') }}

),

exits as (

    {{ parts_in_force('stg_operations__journey_exits') }}

),

exclusions as (

    select * from {{ ref('stg_operations__journey_exclusions') }}
    where is_active

),

events as (

    select * from {{ ref('int_journey_events') }}

),

members as (

    select * from {{ ref('segment_members') }}

),

customers as (

    select * from {{ ref('customers') }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}

),

delivery_states as (

    select * from {{ ref('delivery_states') }}

),

history as (

    select * from {{ earlier_transitions() }} as transitions

),

last_change as (

    select coalesce(max(change_no), 0) as change_no from history

),
{{ journey_standing() }},
{{ journey_entries() }},
{{ journey_sends() }},
{{ journey_live() }},

{{ journey_may_move() }},

outdated as (

    select * from going_on
    where version <> newest_version

),

-- who may come to a branch, of which journey
on_the_move as (

    select
        journey_id,
        customer_id
    from may_move
    union
    select
        journey_id,
        customer_id
    from entering
    union
    select
        journey_id,
        customer_id
    from outdated

),

{{ journey_branch_targets('on_the_move') }},

{{ journey_pass('settled', 'outdated', only_messages=true) }},

-- what left under an older version counts before the step is looked for in the new one
edited as (

    select
        outdated.run_id,
        outdated.journey_id,
        outdated.customer_id,
        outdated.entity_id,
        outdated.newest_version as version,
        coalesce(settled.to_step, outdated.step) as old_step,
        case
            when settled.to_step is null then outdated.transition_no else outdated.transition_no + 1
        end as transition_no,
        outdated.entered_at,
        coalesce(settled.moved_at, outdated.since) as since,
        case
            when outdated.on_edit in ('move', 'finish') and steps.name is not null then steps.name else 'exit'
        end as step
    from outdated
    inner join settled on outdated.run_id = settled.run_id
    left join steps
        on outdated.journey_id = steps.journey_id
        and outdated.newest_version = steps.version
        and coalesce(settled.to_step, outdated.step) = steps.name
    left join sends
        on outdated.run_id = sends.run_id
        and outdated.version = sends.version
        and sends.outcome = 'leaving'
    where coalesce(settled.to_step, outdated.step) <> 'exit' and sends.run_id is null

),

pass_0 as (

    select
        {{ run_columns() }}
    from may_move
    union all
    select
        {{ run_columns({'transition_no': 'transition_no + 1'}) }}
    from edited
    where step <> 'exit'
    union all
    select
        {{ run_columns({'transition_no': 'transition_no + 1'}) }}
    from entering
    where not is_held_out

),
{%- set passes = journey_passes() %}
{%- for number in range(1, passes + 1) %}
{{ journey_pass('moves_' ~ number, 'pass_' ~ (number - 1)) }},
{% if not loop.last %}
pass_{{ number }} as (

    select
        {{ run_columns({'step': 'to_step', 'transition_no': 'transition_no + 1', 'since': 'moved_at'}) }}
    from moves_{{ number }}
    where to_step <> 'exit'

),
{%- endif %}
{%- endfor %}

moves as (

    select * from ended
    union all
    select * from settled
    where to_step is not null
    {%- for number in range(1, passes + 1) %}
    union all
    select * from moves_{{ number }}
    where to_step is not null
    {%- endfor %}

),

transitions as (

    select
        run_id,
        journey_id,
        customer_id,
        entity_id,
        cast(null as string) as from_step,
        case when is_held_out then 'exit' else step end as to_step,
        case when is_held_out then 'held_out' else 'entered' end as cause,
        cast(null as string) as detail,
        version,
        transition_no + 1 as transition_no,
        entered_at as happened_at
    from entering
    union all
    select
        run_id,
        journey_id,
        customer_id,
        entity_id,
        old_step as from_step,
        step as to_step,
        case when step = 'exit' then 'version_left' else 'moved' end as cause,
        cast(null as string) as detail,
        version,
        transition_no + 1 as transition_no,
        since as happened_at
    from edited
    union all
    select
        run_id,
        journey_id,
        customer_id,
        entity_id,
        step as from_step,
        to_step,
        cause,
        detail,
        version,
        transition_no + 1 as transition_no,
        moved_at as happened_at
    from moves

),

final as (

    select
        transitions.run_id,
        transitions.journey_id,
        transitions.customer_id,
        transitions.entity_id,
        transitions.from_step,
        transitions.to_step,
        transitions.cause,
        transitions.detail,
        cast(transitions.version as int) as version,
        cast(transitions.transition_no as int) as transition_no,
        cast(last_change.change_no + 1 as bigint) as change_no,
        transitions.happened_at,
        {{ as_of() }} as seen_on
    from transitions
    cross join last_change

)

select * from final
