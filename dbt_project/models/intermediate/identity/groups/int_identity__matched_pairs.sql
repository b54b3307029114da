with links as (

    select * from {{ ref('stg_linkage__links') }}
    where match_probability >= {{ var('linkage_join_probability') }}

),

decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}
    where decision = 'join' and is_active

),

rules as (

    select * from {{ ref('identity_rules') }}

),

united as (

    select
        right_profile_id as source_profile_id,
        left_profile_id as linked_profile_id,
        'steward' as identifier_type,
        decision_id as identifier_value,
        cast(null as string) as identifier_mask,
        'steward_join' as reason
    from decisions
    union all
    select
        right_profile_id as source_profile_id,
        left_profile_id as linked_profile_id,
        'linkage' as identifier_type,
        model_version as identifier_value,
        field_weights as identifier_mask,
        'probabilistic' as reason
    from links

),

ends as (

    select source_profile_id from united
    union
    select linked_profile_id as source_profile_id from united

),

-- of all profiles only these few are looked for
profiles as (

    select source_profile_id
    from {{ ref('int_profiles') }}
    where not is_test and source_profile_id in (select ends.source_profile_id from ends)

),

final as (

    select
        united.source_profile_id,
        united.linked_profile_id,
        united.identifier_type,
        united.identifier_value,
        united.identifier_mask,
        united.reason,
        {{ hash_key('united.source_profile_id') }} as profile_key,
        {{ hash_key('united.linked_profile_id') }} as linked_key,
        {{ hash_key("united.source_profile_id || '|' || united.linked_profile_id || '|' || united.identifier_type") }}
            as value_key,
        rules.trust as strength
    from united
    inner join rules on united.identifier_type = rules.identifier_type
    inner join profiles as linking on united.source_profile_id = linking.source_profile_id
    inner join profiles as linked on united.linked_profile_id = linked.source_profile_id

)

select * from final
