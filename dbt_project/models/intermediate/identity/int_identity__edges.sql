{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

with circles as (

    select * from {{ ref('int_identity__circles') }}
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

pair_links as (

    select * from {{ ref('int_identity__pair_links') }}
    where {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

-- a star per circle and customer, not all pairs: everybody is linked to whoever registered first
placed as (

    select
        circles.value_key,
        circles.profile_key,
        circles.period,
        circles.circle,
        circles.is_by_name,
        circles.strength,
        components.cluster_id,
        observations.identifier_type,
        observations.identifier_value,
        observations.identifier_mask,
        observations.source_profile_id,
        observations.registered_at
    from circles
    inner join components on circles.profile_key = components.node_id
    inner join observations
        on circles.profile_key = observations.profile_key and circles.value_key = observations.value_key

),

centres as (

    select
        value_key,
        period,
        circle,
        cluster_id,
        min_by(source_profile_id, {{ make_struct([
            ['registered_at', "coalesce(registered_at, timestamp '9999-01-01')"],
            ['source_profile_id', 'source_profile_id']
        ]) }}) as linked_profile_id
    from placed
    group by value_key, period, circle, cluster_id
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
            and placed.circle = centres.circle
            and placed.cluster_id = centres.cluster_id
    where placed.source_profile_id <> centres.linked_profile_id

),

by_pair as (

    select
        pair_links.source_profile_id,
        pair_links.linked_profile_id,
        pair_links.identifier_type,
        pair_links.identifier_value,
        pair_links.identifier_mask,
        pair_links.reason,
        pair_links.profile_key,
        pair_links.strength
    from pair_links
    inner join components as linking on pair_links.profile_key = linking.node_id
    inner join components as linked on pair_links.linked_key = linked.node_id
    where linking.cluster_id = linked.cluster_id

),

final as (

    select * from by_value
    union all
    select * from by_pair

)

select * from final
