with customers as (

    select * from {{ ref('stg_pos__customers') }}

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': "'phone'",
            'identifier_token': 'phone_token',
            'channel': "'sms'",
            'purpose': "'marketing'",
            'granted': 'sms_opt_in',
            'source': "'pos'",
            'changed_at': 'updated_at'
        }) }}
    from customers
    where phone_token is not null and sms_opt_in is not null

)

select * from final
