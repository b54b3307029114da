{#- Pairs of profiles, one per group and pair of customers, whose link a guard refused. -#}
with identifier_groups as (

    select * from {{ ref('int_identity__flagged_links') }}

),

components as (

    select * from {{ ref('int_identity__components') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

traits as (

    select * from {{ ref('int_identity__capped_values') }}

),

-- who speaks for its customer in the group
speakers as (

    select
        identifier_groups.group_key,
        components.cluster_id,
        min(identifier_groups.node_id) as node_id,
        max(identifier_groups.strength) as strength
    from identifier_groups
    inner join components on identifier_groups.node_id = components.node_id
    group by identifier_groups.group_key, components.cluster_id

),

centred as (

    select
        *,
        min(node_id) over (partition by group_key) as linked_id,
        first_value(cluster_id) over (partition by group_key order by node_id) as linked_cluster_id
    from speakers

),

pairs as (

    select
        group_key,
        node_id,
        linked_id,
        strength,
        cluster_id,
        linked_cluster_id
    from centred
    where node_id <> linked_id

),

cluster_traits as (

    select distinct
        components.cluster_id,
        traits.kind,
        traits.trait,
        traits.cap
    from traits
    inner join components on traits.node_id = components.node_id

),

cluster_pairs as (

    select distinct
        cluster_id,
        linked_cluster_id
    from pairs

),

united_traits as (

    select
        cluster_pairs.cluster_id,
        cluster_pairs.linked_cluster_id,
        cluster_traits.kind,
        cluster_traits.trait,
        cluster_traits.cap
    from cluster_pairs
    inner join cluster_traits on cluster_pairs.cluster_id = cluster_traits.cluster_id
    union
    select
        cluster_pairs.cluster_id,
        cluster_pairs.linked_cluster_id,
        cluster_traits.kind,
        cluster_traits.trait,
        cluster_traits.cap
    from cluster_pairs
    inner join cluster_traits on cluster_pairs.linked_cluster_id = cluster_traits.cluster_id

),

counted as (

    select
        cluster_id,
        linked_cluster_id,
        kind,
        count(distinct trait) as traits,
        max(cap) as cap
    from united_traits
    group by cluster_id, linked_cluster_id, kind

),

objections as (

    select
        cluster_id,
        linked_cluster_id,
        {{ reason_of_kind('kind') }} as reason
    from counted
    where traits > cap
    union all
    select
        cluster_id,
        linked_cluster_id,
        'birthdays_and_names_differ' as reason
    from counted
    where kind in ('birthday', 'name') and traits > 1
    group by cluster_id, linked_cluster_id
    having count(*) = 2

),

-- the gravest objection names the reason
gravest as (

    select
        cluster_id,
        linked_cluster_id,
        reason
    from objections
    qualify row_number() over (
        partition by cluster_id, linked_cluster_id
        order by
            case reason
                when 'steward_separate' then 1
                when 'id_numbers_differ' then 2
                when 'birthdays_and_names_differ' then 3
                else 4
            end,
            reason
    ) = 1

),

final as (

    select
        pairs.group_key,
        pairs.node_id,
        pairs.linked_id,
        coalesce(gravest.reason, 'too_many_profiles') as guard_reason,
        pairs.strength
    from pairs
    left join gravest
        on pairs.cluster_id = gravest.cluster_id and pairs.linked_cluster_id = gravest.linked_cluster_id

)

select * from final
