{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

with refused_pairs as (

    select * from {{ ref('int_identity__refused_pairs') }}

),

circles as (

    select * from {{ ref('int_identity__circles') }}
    where profile_key in (select node_id from {{ ref('int_identity__refused_pairs') }})

),

observations as (

    select * from {{ observations_in_reach() }}
    where profile_key in (select profile_key from {{ ref('int_identity__suspect_profiles') }})

),

pair_links as (

    select * from {{ ref('int_identity__pair_links') }}

),

circle_members as (

    select
        {{ circle_key('circles.value_key', 'circles.period', 'circles.circle') }} as circle_key,
        circles.profile_key,
        circles.value_key,
        circles.is_by_name
    from circles

),

by_value as (

    select
        observations.source_profile_id,
        linked.source_profile_id as linked_profile_id,
        observations.identifier_type,
        observations.identifier_value,
        observations.identifier_mask,
        case when circle_members.is_by_name then 'same_value_and_name' else 'same_value' end as reason,
        refused_pairs.guard_reason,
        observations.profile_key,
        refused_pairs.strength
    from refused_pairs
    inner join circle_members
        on
            refused_pairs.circle_key = circle_members.circle_key
            and refused_pairs.node_id = circle_members.profile_key
    inner join observations
        on
            circle_members.profile_key = observations.profile_key
            and circle_members.value_key = observations.value_key
    inner join observations as linked
        on
            refused_pairs.linked_id = linked.profile_key
            and circle_members.value_key = linked.value_key

),

by_pair as (

    select
        pair_links.source_profile_id,
        pair_links.linked_profile_id,
        pair_links.identifier_type,
        pair_links.identifier_value,
        pair_links.identifier_mask,
        pair_links.reason,
        refused_pairs.guard_reason,
        pair_links.profile_key,
        pair_links.strength
    from pair_links
    inner join refused_pairs
        on {{ circle_key('pair_links.value_key', '0', '0') }} = refused_pairs.circle_key

),

final as (

    select * from by_value
    union all
    select * from by_pair

)

select * from final
