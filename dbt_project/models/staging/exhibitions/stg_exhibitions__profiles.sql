with leads as (

    select * from {{ ref('stg_exhibitions__leads') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'lead_no',
            'city': 'city',
            'company': 'company',
            'job_title': 'job_title',
            'registered_at': 'registered_at',
            'updated_at': 'registered_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'email', 'name']) }}
    from leads
    where phone_token is not null or email_token is not null

)

select * from final
