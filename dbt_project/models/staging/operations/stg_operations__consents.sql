with source as (

    {{ newest(
        'operations', 'consents',
        key=['identifier_type', 'identifier_token', 'channel', 'purpose'], newest_by='updated_at'
    ) }}

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': 'identifier_type',
            'identifier_token': 'identifier_token',
            'channel': 'channel',
            'purpose': 'purpose',
            'granted': 'granted',
            'source': 'source',
            'changed_at': 'changed_at'
        }) }}
    from source

)

select * from final
