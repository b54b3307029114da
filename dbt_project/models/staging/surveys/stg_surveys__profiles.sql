with responses as (

    select * from {{ ref('stg_surveys__responses') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'response_id',
            'registered_at': 'answered_at',
            'updated_at': 'answered_at',
            'first_load_id': 'first_load_id'
        }, personal=['phone']) }}
    from responses
    where phone_token is not null and not is_anonymous

)

select * from final
