{{ config(
    materialized='guarded_components', key='node_id', affected='int_identity__affected_profiles',
    affected_key='profile_key', suspects='int_identity__flagged_components', members='int_identity__flagged_links',
    traits='int_identity__capped_values'
) }}
{%- for name in ['int_identity__flagged_components', 'int_identity__flagged_links', 'int_identity__capped_values'] -%}
    {%- do ref(name) -%}
{%- endfor -%}

with closed as (

    select * from {{ ref('int_identity__components_before_guards') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

final as (

    select
        node_id,
        cluster_id
    from closed

)

select * from final
