with closed as (

    select * from {{ ref('int_identity__links_closed') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

suspects as (

    select distinct cluster_id from {{ ref('int_identity__suspects') }}

),

final as (

    select
        closed.node_id as profile_key,
        closed.cluster_id as component_id
    from closed
    inner join suspects on closed.cluster_id = suspects.cluster_id

)

select * from final
