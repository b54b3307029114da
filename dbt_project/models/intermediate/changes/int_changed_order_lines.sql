{{ change_log(state=[]) }}
{%- set channels = channels_with('order_lines') %}
{%- set is_partial = only_affected() %}
{%- set seen = newest_loads_in_log() if is_partial else {} %}

with arrived as (
    {%- for channel in channels %}

    select
        {%- if is_partial %}
        '{{ channel }}:' || order_id as order_id,
        '{{ channel }}' as channel,
        load_id
    from {{ ref('stg_' ~ channel ~ '__order_lines') }}
    where load_id > '{{ seen.get(channel, '') }}'
        {%- else %}
        -- where the next run starts from
        cast(null as string) as order_id,
        '{{ channel }}' as channel,
        max(load_id) as load_id
    from {{ ref('stg_' ~ channel ~ '__order_lines') }}
        {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as order_id,
        cast(null as string) as channel,
        cast(null as string) as load_id
    where 1 = 0
    {%- endfor %}

),
{% if is_partial %}
-- where the next run starts from, also when the older entries are gone
newest_loads as (

    select
        cast(null as string) as order_id,
        channel,
        max(load_id) as load_id
    from {{ this }}
    group by channel

),

final as (

    select distinct * from arrived
    union all
    select * from newest_loads

)
{% else %}
final as (

    select * from arrived

)
{% endif %}
select * from final
