{#- Read at most twice a run and never stored: a view. -#}
{{ config(materialized='view') }}
{#- masks follow from tokens, and need no look of their own -#}
{%- set columns = profile_columns() %}
{%- set looked_at = ['profiles.source_profile_id'] %}
{%- for column in columns if not column.endswith('_mask') %}{% do looked_at.append('profiles.' ~ column) %}{% endfor %}

with profiles as (

    select * from {{ ref('int_profiles') }}
    where not is_test

),

logins as (

    select * from {{ ref('int_identity__login_observations') }}

),

matched_pairs as (

    select * from {{ ref('int_identity__matched_pairs') }}

),

decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}
    where decision = 'separate' and is_active

),

-- what others say of a profile: logins, links and decisions in which it takes part
sayings as (

    select
        source_profile_id,
        {{ row_fingerprint(['login_place', 'account_key', 'first_seen_at', 'last_seen_at']) }} as saying
    from logins
    union all
    select
        source_profile_id,
        {{ row_fingerprint(['linked_profile_id', 'identifier_type', 'identifier_value', 'identifier_mask']) }} as saying
    from matched_pairs
    union all
    select
        linked_profile_id as source_profile_id,
        {{ row_fingerprint(['source_profile_id', 'identifier_type', 'identifier_value', 'identifier_mask']) }} as saying
    from matched_pairs
    union all
    select
        left_profile_id as source_profile_id,
        {{ row_fingerprint(['right_profile_id', 'decision_id']) }} as saying
    from decisions
    union all
    select
        right_profile_id as source_profile_id,
        {{ row_fingerprint(['left_profile_id', 'decision_id']) }} as saying
    from decisions

),

-- a sum, so that the order of the sayings does not matter
said as (

    select
        source_profile_id,
        sum(cast(saying as decimal(38, 0))) as sayings
    from sayings
    group by source_profile_id

),

final as (

    select
        profiles.source_profile_id,
        {%- for column in columns %}
        profiles.{{ column }},
        {%- endfor %}
        {{ row_fingerprint(looked_at + ['said.sayings']) }} as fingerprint
    from profiles
    left join said on profiles.source_profile_id = said.source_profile_id

)

select * from final
