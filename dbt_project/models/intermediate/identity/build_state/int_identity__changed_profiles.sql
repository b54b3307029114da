{%- do ref('int_identity__build_plan') -%}
with states as (

    select * from {{ ref('int_identity__profile_hashes') }}

),
{% if only_affected() %}
held as (

    select * from {{ state_of('int_identity__previous_profile_hashes') }}

),

-- both in one pass: what looks as no profile did, and how no profile looks any more
differing as (

    select
        held.profile_key as held_key,
        states.*
    from states
    full outer join held on states.fingerprint = held.fingerprint
    where states.fingerprint is null or held.fingerprint is null

),

fresh as (

    select
        {{ hash_key('source_profile_id') }} as profile_key,
        differing.*
    from differing
    where fingerprint is not null

),

stale as (

    select held_key as profile_key
    from differing
    where fingerprint is null

),

final as (

    select
        coalesce(fresh.profile_key, stale.profile_key) as profile_key,
        fresh.source_profile_id,
        {%- for column in profile_columns() %}
        fresh.{{ column }},
        {%- endfor %}
        fresh.fingerprint
    from fresh
    full outer join stale on fresh.profile_key = stale.profile_key

)
{% else %}
-- everything is rebuilt: there is no list of what changed
final as (

    select
        {{ hash_key('source_profile_id') }} as profile_key,
        source_profile_id,
        {%- for column in profile_columns() %}
        {{ column }},
        {%- endfor %}
        fingerprint
    from states
    where 1 = 0

)
{% endif %}
select * from final
