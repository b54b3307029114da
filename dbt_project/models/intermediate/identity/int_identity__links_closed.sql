{{ config(
    materialized='connected_components', key='node_id', affected='int_identity__affected_profiles',
    affected_key='profile_key'
) }}

with circles as (

    select * from {{ ref('int_identity__circles') }}
    where
        profile_key <> centre_key
        and {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

pair_links as (

    select * from {{ ref('int_identity__pair_links') }}
    where {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

final as (

    select
        profile_key as a,
        centre_key as b
    from circles
    union all
    select
        profile_key as a,
        linked_key as b
    from pair_links

)

select * from final
