{{ config(
    materialized='guarded_components', key='node_id', affected='int_identity__affected_profiles',
    affected_key='profile_key', suspects='int_identity__suspects', members='int_identity__suspect_members',
    traits='int_identity__suspect_traits'
) }}
{%- for name in ['int_identity__suspects', 'int_identity__suspect_members', 'int_identity__suspect_traits'] -%}
    {%- do ref(name) -%}
{%- endfor -%}

with closed as (

    select * from {{ ref('int_identity__links_closed') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

final as (

    select
        node_id,
        cluster_id
    from closed

)

select * from final
