with closed as (

    select * from {{ ref('int_identity__components_before_guards') }}
    where {{ among_affected('node_id', 'profile_key', 'int_identity__affected_profiles') }}

),

flagged_components as (

    select distinct cluster_id from {{ ref('int_identity__flagged_components') }}

),

final as (

    select
        closed.node_id as profile_key,
        closed.cluster_id as component_id
    from closed
    inner join flagged_components on closed.cluster_id = flagged_components.cluster_id

)

select * from final
