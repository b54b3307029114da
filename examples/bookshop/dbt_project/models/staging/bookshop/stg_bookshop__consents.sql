with customers as (

    select * from {{ ref('stg_bookshop__customers') }}

),

answers as (

    select
        'phone' as identifier_type,
        phone_token as identifier_token,
        'sms' as channel,
        sms_opt_in as granted,
        registered_at
    from customers
    union all
    select
        'email' as identifier_type,
        email_token as identifier_token,
        'email' as channel,
        email_opt_in as granted,
        registered_at
    from customers

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': 'identifier_type',
            'identifier_token': 'identifier_token',
            'channel': 'channel',
            'purpose': "'marketing'",
            'granted': 'granted',
            'source': "'bookshop'",
            'changed_at': 'registered_at'
        }) }}
    from answers
    where identifier_token is not null and granted is not null

)

select * from final
