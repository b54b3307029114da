with observations as (

    select * from {{ ref('int_identity__observations') }}

),

shared_values as (

    select * from {{ ref('int_identity__shared_values') }}

),

links as (

    select * from {{ ref('stg_linkage__links') }}

),

decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

profiles as (

    select source_profile_id
    from {{ ref('int_profiles') }}
    where not is_test

),

-- a value under which several names are known links only within a name; who has no name there stays apart
linkable as (

    select
        observations.identifier_type,
        observations.identifier_value,
        observations.identifier_mask,
        observations.source_profile_id,
        observations.registered_at,
        observations.trust,
        case when shared_values.reason = 'names_differ' then observations.identity_name_token else '' end as circle,
        case when shared_values.reason = 'names_differ' then 'same_value_and_name' else 'same_value' end as reason
    from observations
    inner join shared_values
        on
            observations.identifier_type = shared_values.identifier_type
            and observations.identifier_value = shared_values.identifier_value
    where
        shared_values.reason is null
        or (shared_values.reason = 'names_differ' and observations.identity_name_token is not null)

),

-- a star per circle, not all pairs: everybody is linked to whoever registered first
centred as (

    select
        *,
        first_value(source_profile_id) over (
            partition by identifier_type, identifier_value, circle
            order by registered_at nulls last, source_profile_id
        ) as linked_profile_id
    from linkable

),

judged as (

    select
        decision_id,
        left_profile_id,
        right_profile_id
    from decisions
    where decision = 'join' and is_active

),

united as (

    select
        source_profile_id,
        linked_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask,
        reason
    from centred
    where source_profile_id <> linked_profile_id
    union all
    select
        right_profile_id as source_profile_id,
        left_profile_id as linked_profile_id,
        'steward' as identifier_type,
        decision_id as identifier_value,
        cast(null as string) as identifier_mask,
        'steward_join' as reason
    from judged
    union all
    select
        right_profile_id as source_profile_id,
        left_profile_id as linked_profile_id,
        'linkage' as identifier_type,
        model_version as identifier_value,
        field_weights as identifier_mask,
        'probabilistic' as reason
    from links
    where match_probability >= {{ var('linkage_join_probability') }}

),

final as (

    select
        united.source_profile_id,
        united.linked_profile_id,
        united.identifier_type,
        united.identifier_value,
        united.identifier_mask,
        united.reason,
        rules.trust as strength
    from united
    inner join rules on united.identifier_type = rules.identifier_type
    inner join profiles as linking on united.source_profile_id = linking.source_profile_id
    inner join profiles as linked on united.linked_profile_id = linked.source_profile_id

)

select * from final
