{{
    config(
        materialized='incremental',
        incremental_strategy=whole_partitions(),
        unique_key='interaction_day',
        partition_by=partition_columns(['interaction_day']),
        on_schema_change='fail'
    )
}}
{%- set days = days_replaced_in(ref('int_interactions')) if is_incremental() else none %}

with interactions as (

    select * from {{ ref('int_interactions') }}

),

final as (

    select
        source_profile_id,
        channel,
        cast(count(*) as bigint) as interactions,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        max(refreshed_at) as refreshed_at,
        interaction_day
    from interactions
    where
        source_profile_id is not null
        and is_inbound
        {%- if days is not none %}
        and {{ on_days('interaction_day', days) }}
        {%- endif %}
    group by source_profile_id, channel, interaction_day

)

select * from final
