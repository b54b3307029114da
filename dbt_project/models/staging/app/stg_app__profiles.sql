with users as (

    select * from {{ ref('stg_app__users') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'app_user_id',
            'app_user_id': 'app_user_id',
            'device_id': 'device_id',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'name']) }}
    from users

)

select * from final
