{{ kept_by('source_profile_id', affected='affected_profiles') }}
{%- if only_affected() %}
with changes as (

    select * from {{ entries_since('affected_profiles') }} as entries

),

-- a profile that changed several times since is as it was last seen
profiles as (

    select * from changes
    qualify row_number() over (partition by source_profile_id order by log_no desc) = 1

),
{%- else %}
with profiles as (

    select * from {{ ref('int_profile_facts') }}

),
{%- endif %}

final as (

    select
        source_profile_id,
        customer_id,
        fingerprint
    from profiles
    where fingerprint is not null

)

select * from final
