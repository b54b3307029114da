with identifier_groups as (

    select * from {{ ref('int_identity__identifier_groups') }}
    where not is_alone and profile_key in (select profile_key from {{ ref('int_identity__flagged_profiles') }})

),

matched_pairs as (

    select * from {{ ref('int_identity__matched_pairs') }}

),

flagged_profiles as (

    select * from {{ ref('int_identity__flagged_profiles') }}

),

united as (

    select
        {{ group_key('value_key', 'period', 'name_group') }} as group_key,
        profile_key,
        strength
    from identifier_groups
    union all
    select
        {{ group_key('value_key', '0', '0') }} as group_key,
        profile_key,
        strength
    from matched_pairs
    union all
    select
        {{ group_key('value_key', '0', '0') }} as group_key,
        linked_key as profile_key,
        strength
    from matched_pairs

),

final as (

    select
        united.group_key,
        united.profile_key as node_id,
        united.strength
    from united
    inner join flagged_profiles on united.profile_key = flagged_profiles.profile_key

)

select * from final
