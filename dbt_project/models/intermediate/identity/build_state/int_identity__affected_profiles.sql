{#- Read before the components of this run replace those of the last one. -#}
with observations as (

    select * from {{ ref('int_identity__observations') }}

),

affected_values as (

    select * from {{ ref('int_identity__affected_values') }}

),

changed_profiles as (

    select * from {{ ref('int_identity__changed_profiles') }}

),
{% if only_affected() %}
held as (

    select * from {{ state_of('int_identity__components_before_guards') }}

),

reached as (

    select profile_key from changed_profiles
    union
    select observations.profile_key
    from observations
    inner join affected_values on observations.value_key = affected_values.value_key

),

-- with a profile all of its component, before any guard
reached_components as (

    select distinct held.cluster_id
    from held
    inner join reached on held.node_id = reached.profile_key

),

final as (

    select profile_key from reached
    union
    select held.node_id as profile_key
    from held
    inner join reached_components on held.cluster_id = reached_components.cluster_id

)
{% else %}
final as (

    select profile_key from changed_profiles
    where 1 = 0

)
{% endif %}
select * from final
