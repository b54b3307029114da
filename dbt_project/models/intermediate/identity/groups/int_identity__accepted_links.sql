{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

with identifier_groups as (

    select * from {{ ref('int_identity__identifier_groups') }}
    where
        not is_alone
        and {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

components as (

    select * from {{ ref('int_identity__components') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

observations as (

    select * from {{ observations_in_reach() }}

),

matched_pairs as (

    select * from {{ ref('int_identity__matched_pairs') }}
    where {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

-- a star per group and customer, not all pairs: everybody is linked to whoever registered first
placed as (

    select
        identifier_groups.value_key,
        identifier_groups.profile_key,
        identifier_groups.period,
        identifier_groups.name_group,
        identifier_groups.is_by_name,
        identifier_groups.strength,
        components.cluster_id,
        observations.identifier_type,
        observations.identifier_value,
        observations.identifier_mask,
        observations.source_profile_id,
        observations.registered_at
    from identifier_groups
    inner join components on identifier_groups.profile_key = components.node_id
    inner join observations
        on
            identifier_groups.profile_key = observations.profile_key
            and identifier_groups.value_key = observations.value_key

),

centres as (

    select
        value_key,
        period,
        name_group,
        cluster_id,
        min_by(source_profile_id, {{ make_struct([
            ['registered_at', "coalesce(registered_at, timestamp '9999-01-01')"],
            ['source_profile_id', 'source_profile_id']
        ]) }}) as linked_profile_id
    from placed
    group by value_key, period, name_group, cluster_id
    having count(*) > 1

),

by_value as (

    select
        placed.source_profile_id,
        centres.linked_profile_id,
        placed.identifier_type,
        placed.identifier_value,
        placed.identifier_mask,
        case when placed.is_by_name then 'same_value_and_name' else 'same_value' end as reason,
        placed.profile_key,
        placed.strength
    from placed
    inner join centres
        on
            placed.value_key = centres.value_key
            and placed.period = centres.period
            and placed.name_group = centres.name_group
            and placed.cluster_id = centres.cluster_id
    where placed.source_profile_id <> centres.linked_profile_id

),

by_pair as (

    select
        matched_pairs.source_profile_id,
        matched_pairs.linked_profile_id,
        matched_pairs.identifier_type,
        matched_pairs.identifier_value,
        matched_pairs.identifier_mask,
        matched_pairs.reason,
        matched_pairs.profile_key,
        matched_pairs.strength
    from matched_pairs
    inner join components as linking on matched_pairs.profile_key = linking.node_id
    inner join components as linked on matched_pairs.linked_key = linked.node_id
    where linking.cluster_id = linked.cluster_id

),

final as (

    select * from by_value
    union all
    select * from by_pair

)

select * from final
