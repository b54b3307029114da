{#- A register only grows: a full refresh must not forget who was first. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail',
    tags=['history']
) }}

with profiles as (

    select * from {{ profiles_in_reach() }}

),

registered as (

    {% if is_incremental() -%}
    select source_profile_id from {{ this }}
    {%- else -%}
    select cast(null as string) as source_profile_id
    {%- endif %}

),

final as (

    select
        profiles.source_profile_id,
        {{ hash_key('profiles.source_profile_id') }} as profile_key,
        profiles.first_load_id,
        profiles.registered_at,
        {{ run_mark() }} as entered_at
    from profiles
    left join registered on profiles.source_profile_id = registered.source_profile_id
    where registered.source_profile_id is null

)

select * from final
