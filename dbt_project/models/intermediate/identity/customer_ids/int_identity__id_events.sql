{#- What became of customer ids and why, as it was seen; it only grows, a full refresh included. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false,
    on_schema_change='append_new_columns', tags=['history']
) }}

with id_changes as (

    select * from {{ ref('int_identity__id_changes') }}

),

evidence as (

    select * from {{ ref('int_identity__id_change_evidence') }}

),

fresh as (

    select * from id_changes
    where
        event not in ('grown', 'shrunk')
        {% if is_incremental() -%}
        and changed_at > (select coalesce(max(known.happened_at), timestamp '1970-01-01') from {{ this }} as known)
        {%- endif %}

),

-- nine: the texts begin with their place, and sorted as texts they stay in order
reasons as (

    select
        event_id,
        max(case when importance = 1 then reason end) as cause,
        '[' || {{ joined_text('case when importance <= 9 then edge end') }} || ']' as edges,
        cast(count(*) as int) as edge_count
    from evidence
    group by event_id

),

final as (

    select
        fresh.event_id,
        fresh.run_id,
        fresh.event,
        fresh.from_customer_id,
        fresh.to_customer_id,
        case
            when reasons.cause is not null then reasons.cause
            when fresh.event = 'created' then 'new_profiles'
            when fresh.event = 'split' then 'links_gone'
            when fresh.event = 'renamed' then 'first_profile_left'
            when fresh.event = 'gone' then 'profiles_gone'
            else 'links_changed'
        end as cause,
        reasons.edges,
        fresh.profiles,
        coalesce(reasons.edge_count, 0) as edge_count,
        fresh.changed_at as happened_at
    from fresh
    left join reasons on fresh.event_id = reasons.event_id

)

select * from final
