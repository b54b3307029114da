with tickets as (

    select * from {{ ref('stg_service__tickets') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'ticket_id',
            'registered_at': 'created_at',
            'updated_at': 'updated_at',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'email', 'name']) }}
    from tickets
    where phone_token is not null or email_token is not null

)

select * from final
