with leads as (

    select * from {{ ref('stg_exhibitions__leads') }}

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': "'phone'",
            'identifier_token': 'phone_token',
            'channel': "'sms'",
            'purpose': "'marketing'",
            'granted': 'sms_opt_in',
            'source': "'exhibitions'",
            'changed_at': 'registered_at'
        }) }}
    from leads
    where phone_token is not null and sms_opt_in is not null

)

select * from final
