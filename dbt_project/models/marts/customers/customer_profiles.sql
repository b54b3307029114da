{{ kept_by('customer_id') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

customers as (

    select * from {{ ref('customers') }}

),

final as (

    select
        profiles.source_profile_id,
        profiles.customer_id,
        profiles.channel,
        substr(profiles.source_profile_id, length(profiles.channel) + 2) as native_id,
        profiles.registered_at,
        profiles.updated_at
    from profiles
    inner join customers on profiles.customer_id = customers.customer_id
    where profiles.is_profile

)

select * from final
