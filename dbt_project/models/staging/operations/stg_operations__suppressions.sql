with source as (

    {{ newest(
        'operations', 'suppressions',
        key=['identifier_type', 'identifier_token', 'channel'],
        newest_by='updated_at'
    ) }}

),

final as (

    select
        identifier_type,
        identifier_token,
        channel,
        reason,
        is_active,
        created_at,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
