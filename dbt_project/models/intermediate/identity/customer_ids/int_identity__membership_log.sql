{#- Which profile belonged to which customer, as it was seen; it only grows, a full refresh included. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail',
    tags=['history']
) }}

with profile_customers as (

    select * from {{ ref('int_identity__profile_customers') }}

),

{% if is_incremental() -%}
history as (

    select * from {{ this }}

),

-- '' stands for "to nobody", which the maximum would pass over as a null
latest as (

    select
        source_profile_id,
        nullif(max_by(coalesce(customer_id, ''), changed_at), '') as customer_id
    from history
    group by source_profile_id

),

newest as (

    select max(changed_at) as changed_at from history

),
{%- else -%}
latest as (

    select
        source_profile_id,
        customer_id
    from profile_customers
    where false

),

newest as (

    select cast(null as timestamp) as changed_at

),
{%- endif %}

final as (

    select
        coalesce(profile_customers.source_profile_id, latest.source_profile_id) as source_profile_id,
        profile_customers.customer_id,
        latest.customer_id as previous_customer_id,
        '{{ invocation_id }}' as run_id,
        -- runs follow each other, also where the clock was set back between them
        case
            when newest.changed_at >= {{ run_mark() }} then newest.changed_at + interval 1 second
            else {{ run_mark() }}
        end as changed_at
    from profile_customers
    full outer join latest on profile_customers.source_profile_id = latest.source_profile_id
    cross join newest
    where coalesce(profile_customers.customer_id, '') <> coalesce(latest.customer_id, '')

)

select * from final
