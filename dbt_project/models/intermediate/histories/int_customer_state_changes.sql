{#- What customers were on the days that runs saw: no rebuild makes it again. It only grows, also in a full refresh. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', tags=['history'], meta={'grows_by': 'change_no'}
) }}
{%- set states = ['stage', 'segment_8', 'segment_11', 'abc_class', 'value_tier', 'loyalty_tier', 'quadrant'] %}

with lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

rfm as (

    select * from {{ ref('customer_rfm') }}

),

customer_values as (

    select * from {{ ref('customer_value') }}

),

today as (

    select
        lifecycle.customer_id,
        lifecycle.stage,
        rfm.segment_8,
        rfm.segment_11,
        customer_values.abc_class,
        customer_values.value_tier,
        customer_values.loyalty_tier,
        customer_values.quadrant
    from lifecycle
    left join rfm on lifecycle.customer_id = rfm.customer_id
    left join customer_values on lifecycle.customer_id = customer_values.customer_id

),
{% if is_incremental() %}
history as (

    select * from {{ this }}

),

last_change as (

    select
        coalesce(max(change_no), 0) as change_no,
        max(seen_on) as seen_on
    from history

),

last_states as (

    select * from history
    qualify row_number() over (partition by customer_id order by change_no desc) = 1

),

-- a customer who was merged into another one is gone
changed as (

    select
        coalesce(today.customer_id, last_states.customer_id) as customer_id,
        today.customer_id is null as is_gone,
        {%- for state in states %}
        today.{{ state }}{{ ',' if not loop.last }}
        {%- endfor %}
    from today
    full outer join last_states on today.customer_id = last_states.customer_id
    where
        last_states.customer_id is null
        or last_states.is_gone <> (today.customer_id is null)
        {%- for state in states %}
        or last_states.{{ state }} is distinct from today.{{ state }}
        {%- endfor %}

),

final as (

    select
        changed.customer_id,
        changed.is_gone,
        {%- for state in states %}
        changed.{{ state }},
        {%- endfor %}
        last_change.change_no + 1 as change_no,
        {{ as_of() }} as seen_on
    from changed
    cross join last_change
    -- what a past day looks like now was not seen then
    where last_change.seen_on is null or last_change.seen_on <= {{ as_of() }}

)
{% else %}
final as (

    select
        customer_id,
        false as is_gone,
        {%- for state in states %}
        {{ state }},
        {%- endfor %}
        cast(1 as bigint) as change_no,
        {{ as_of() }} as seen_on
    from today

)
{% endif %}
select * from final
