{#- Read before the observations of this run replace those of the last one. -#}
with changed_profiles as (

    select * from {{ ref('int_identity__changed_profiles') }}

),
{% if only_affected() %}
final as (

    select distinct held.value_key
    from {{ state_of('int_identity__observations') }} as held
    inner join changed_profiles on held.profile_key = changed_profiles.profile_key

)
{% else %}
final as (

    select profile_key as value_key from changed_profiles
    where 1 = 0

)
{% endif %}
select * from final
