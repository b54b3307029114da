with profiles as (

    select * from {{ ref('int_profiles') }}

),

customer_map as (

    select * from {{ ref('customer_map') }}

),

orders as (

    select * from {{ ref('int_profile_orders') }}

),

interactions as (

    select * from {{ ref('int_profile_interactions') }}

),

active_profiles as (

    select source_profile_id from orders
    union
    select source_profile_id from interactions

),

final as (

    select
        customer_map.customer_id,
        profiles.source_profile_id,
        profiles.channel,
        profiles.registered_at,
        profiles.updated_at
    from profiles
    inner join customer_map on profiles.source_profile_id = customer_map.source_profile_id
    left join active_profiles on profiles.source_profile_id = active_profiles.source_profile_id
    where
        not coalesce(profiles.is_test, false)
        and (
            profiles.registered_at is null
            or cast(profiles.registered_at as date) <= {{ as_of() }}
            or active_profiles.source_profile_id is not null
        )

)

select * from final
