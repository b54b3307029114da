{{ kept_by('customer_id') }}

with customer_map as (

    select * from {{ ref('customer_map') }}
    where {{ among_affected('customer_id') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}

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

-- besides profiles the map holds every customer id ever issued, under which the ledger knows its messages
final as (

    select
        customer_map.customer_id,
        customer_map.source_profile_id,
        split_part(customer_map.source_profile_id, ':', 1) as channel,
        profiles.source_profile_id is not null as is_profile,
        profiles.registered_at,
        profiles.updated_at
    from customer_map
    left join profiles on customer_map.source_profile_id = profiles.source_profile_id
    left join active_profiles on customer_map.source_profile_id = active_profiles.source_profile_id
    where
        not coalesce(profiles.is_test, false)
        and (
            profiles.registered_at is null
            or cast(profiles.registered_at as date) <= {{ as_of() }}
            or active_profiles.source_profile_id is not null
        )

)

select * from final
