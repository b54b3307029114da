{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__changed_profiles') }}

with profiles as (

    select * from {{ profiles_in_reach() }}

),

final as (

    select
        {{ hash_key('source_profile_id') }} as profile_key,
        {{ name_key('identity_name_token', 'name_features') }} as name_key,
        birthday
    from profiles
    where birthday is not null and identity_name_token is not null

)

select * from final
