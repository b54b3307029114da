with registrations as (

    select * from {{ ref('stg_activities__registrations') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'registration_id',
            'registered_at': 'coalesce(invited_at, confirmed_at, attended_at, updated_at)',
            'updated_at': 'updated_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'name']) }}
    from registrations
    where phone_token is not null

)

select * from final
