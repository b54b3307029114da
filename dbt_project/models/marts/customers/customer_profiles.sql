{{ config(materialized='view') }}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where is_profile

),

final as (

    select
        source_profile_id,
        customer_id,
        channel,
        substr(source_profile_id, length(channel) + 2) as native_id,
        registered_at,
        updated_at
    from profiles

)

select * from final
