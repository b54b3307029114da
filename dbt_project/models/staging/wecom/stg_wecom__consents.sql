with contacts as (

    select * from {{ ref('stg_wecom__contacts') }}

),

added as (

    select
        external_userid,
        min(created_at) as added_at
    from contacts
    -- the account is the first person's
    where shares_key_with is null
    group by external_userid

),

final as (

    select
        {{ concept('consents', {
            'identifier_type': "'wecom_external_userid'",
            'identifier_token': 'external_userid',
            'channel': "'wecom'",
            'purpose': "'marketing'",
            'granted': 'true',
            'source': "'wecom'",
            'changed_at': 'added_at'
        }) }}
    from added

)

select * from final
