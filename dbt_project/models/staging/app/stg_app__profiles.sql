with users as (

    select * from {{ ref('stg_app__users') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'app_user_id',
            'app_user_id': 'case when shares_key_with is null then app_user_id end',
            'device_id': 'device_id',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'name']) }}
    from users

)

select * from final
