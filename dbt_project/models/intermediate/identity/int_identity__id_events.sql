{#- What became of customer ids, as it was seen; it only grows, a full refresh included. -#}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}

with customers as (

    select * from {{ ref('int_identity__customers') }}

),

living as (

    select distinct
        customer_id,
        root_profile_id
    from customers

),

{% if is_incremental() -%}
history as (

    select * from {{ this }}

),

-- the latest thing known of each id
latest as (

    select * from history
    qualify row_number() over (partition by customer_id order by happened_at desc, event) = 1

),

issued as (

    select
        living.customer_id,
        living.root_profile_id,
        'issued' as event
    from living
    left join latest on living.customer_id = latest.customer_id
    where latest.customer_id is null or latest.event = 'retired'

),

retired as (

    select
        latest.customer_id,
        latest.root_profile_id,
        'retired' as event
    from latest
    left join living on latest.customer_id = living.customer_id
    where latest.event = 'issued' and living.customer_id is null

),

events as (

    select * from issued
    union all
    select * from retired

),
{%- else -%}
events as (

    select
        customer_id,
        root_profile_id,
        'issued' as event
    from living

),
{%- endif %}

final as (

    select
        customer_id,
        root_profile_id,
        event,
        {{ run_mark() }} as happened_at
    from events

)

select * from final
