{#- The last word of a run: what each profile looked like that the tables of the graph are made of. -#}
{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__changed_profiles') }}

{#- only when all of these are done may the next run build on them -#}
{%- for name in [
    'int_identity__untrusted_values', 'int_identity__conflicts', 'int_identity__accepted_links',
    'int_identity__refused_links', 'customer_map'
] -%}
    {%- do ref(name) -%}
{%- endfor -%}


with changed_profiles as (

    select * from {{ ref('int_identity__changed_profiles') }}

),

states as (

    select * from {{ ref('int_identity__profile_hashes') }}

),

final as (
    {% if only_affected() %}
    select
        profile_key,
        fingerprint
    from changed_profiles
    where fingerprint is not null
    {% else %}
    select
        {{ hash_key('source_profile_id') }} as profile_key,
        fingerprint
    from states
    {% endif %}
)

select * from final
