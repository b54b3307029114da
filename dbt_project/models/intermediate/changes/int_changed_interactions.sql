{{ change_log(state=['int_interactions']) }}
{%- set channels = channels_with('interactions') %}
{%- set is_partial = only_affected() %}
{%- set seen = newest_loads_in_log() if is_partial else {} %}

with arrived as (
    {%- for channel in channels %}

    select
        {%- if is_partial %}
        '{{ channel }}:' || interaction_id as interaction_id,
        '{{ channel }}:' || native_id as source_profile_id,
        '{{ channel }}' as channel,
        load_id,
        cast(occurred_at as date) as interaction_day
    from {{ ref('stg_' ~ channel ~ '__interactions') }}
    where load_id > '{{ seen.get(channel, '') }}'
        {%- else %}
        -- where the next run starts from
        cast(null as string) as interaction_id,
        cast(null as string) as source_profile_id,
        '{{ channel }}' as channel,
        max(load_id) as load_id,
        cast(null as date) as interaction_day
    from {{ ref('stg_' ~ channel ~ '__interactions') }}
        {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as interaction_id,
        cast(null as string) as source_profile_id,
        cast(null as string) as channel,
        cast(null as string) as load_id,
        cast(null as date) as interaction_day
    where 1 = 0
    {%- endfor %}

),
{% if is_partial %}
-- whose they were and on which day, so that one that was corrected moves and does not appear twice
held as (

    select
        interaction_id,
        source_profile_id,
        channel,
        cast(null as string) as load_id,
        interaction_day
    from {{ table_of('int_interactions') }}
    where interaction_id in (select interaction_id from arrived)

),

-- where the next run starts from, also when the older entries are gone
newest_loads as (

    select
        cast(null as string) as interaction_id,
        cast(null as string) as source_profile_id,
        channel,
        max(load_id) as load_id,
        cast(null as date) as interaction_day
    from {{ this }}
    group by channel

),

final as (

    select * from arrived
    union all
    select * from held
    union all
    select * from newest_loads

)
{% else %}
final as (

    select * from arrived

)
{% endif %}
select * from final
