{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

with refused_groups as (

    select * from {{ ref('int_identity__refused_groups') }}

),

identifier_groups as (

    select * from {{ ref('int_identity__identifier_groups') }}
    where profile_key in (select node_id from {{ ref('int_identity__refused_groups') }})

),

observations as (

    select * from {{ observations_in_reach() }}
    where profile_key in (select profile_key from {{ ref('int_identity__flagged_profiles') }})

),

matched_pairs as (

    select * from {{ ref('int_identity__matched_pairs') }}

),

group_members as (

    select
        {{ group_key('identifier_groups.value_key', 'identifier_groups.period', 'identifier_groups.name_group') }}
            as group_key,
        identifier_groups.profile_key,
        identifier_groups.value_key,
        identifier_groups.is_by_name
    from identifier_groups

),

by_value as (

    select
        observations.source_profile_id,
        linked.source_profile_id as linked_profile_id,
        observations.identifier_type,
        observations.identifier_value,
        observations.identifier_mask,
        case when group_members.is_by_name then 'same_value_and_name' else 'same_value' end as reason,
        refused_groups.guard_reason,
        observations.profile_key,
        refused_groups.strength
    from refused_groups
    inner join group_members
        on
            refused_groups.group_key = group_members.group_key
            and refused_groups.node_id = group_members.profile_key
    inner join observations
        on
            group_members.profile_key = observations.profile_key
            and group_members.value_key = observations.value_key
    inner join observations as linked
        on
            refused_groups.linked_id = linked.profile_key
            and group_members.value_key = linked.value_key

),

by_pair as (

    select
        matched_pairs.source_profile_id,
        matched_pairs.linked_profile_id,
        matched_pairs.identifier_type,
        matched_pairs.identifier_value,
        matched_pairs.identifier_mask,
        matched_pairs.reason,
        refused_groups.guard_reason,
        matched_pairs.profile_key,
        matched_pairs.strength
    from matched_pairs
    inner join refused_groups
        on {{ group_key('matched_pairs.value_key', '0', '0') }} = refused_groups.group_key

),

final as (

    select * from by_value
    union all
    select * from by_pair

)

select * from final
