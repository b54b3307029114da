{#- Kept from run to run: only new loads are read. Where rows cannot be deleted it is rebuilt. -#}
{{ config(
    materialized='incremental' if can_delete_rows() else 'table', incremental_strategy='append', on_schema_change='fail'
) }}

with final as (
    {%- for channel in channels_with('logins') %}

    select
        '{{ channel }}' as channel,
        '{{ channel }}:' || native_id as login_place,
        account_type,
        account,
        first_seen_at,
        last_seen_at,
        load_id
    from {{ ref('stg_' ~ channel ~ '__logins') }}
    {%- if is_incremental() %}
    where load_id > (
        select coalesce(max(known.load_id), '') from {{ this }} as known
        where known.channel = '{{ channel }}'
    )
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as channel,
        cast(null as string) as login_place,
        cast(null as string) as account_type,
        cast(null as string) as account,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_seen_at,
        cast(null as string) as load_id
    where 1 = 0
    {%- endfor %}

)

select * from final
