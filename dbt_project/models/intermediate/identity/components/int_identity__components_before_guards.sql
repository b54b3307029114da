{{ config(
    materialized='connected_components', key='node_id', affected='int_identity__affected_profiles',
    affected_key='profile_key'
) }}

with identifier_groups as (

    select * from {{ ref('int_identity__identifier_groups') }}
    where
        profile_key <> centre_key
        and {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

matched_pairs as (

    select * from {{ ref('int_identity__matched_pairs') }}
    where {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

final as (

    select
        profile_key as a,
        centre_key as b
    from identifier_groups
    union all
    select
        profile_key as a,
        linked_key as b
    from matched_pairs

)

select * from final
