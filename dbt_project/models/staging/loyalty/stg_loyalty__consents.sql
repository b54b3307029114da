with members as (

    select * from {{ ref('stg_loyalty__members') }}

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': "'phone'",
            'identifier_token': 'phone_token',
            'channel': "'sms'",
            'purpose': "'marketing'",
            'granted': 'sms_opt_in',
            'source': "'loyalty'",
            'changed_at': 'updated_at'
        }) }}
    from members
    where phone_token is not null and sms_opt_in is not null

)

select * from final
