with source as (

    {{ newest(
        'operations', 'campaign_audience',
        key=['campaign_id', 'version', 'side', 'kind', 'name'], newest_by='updated_at'
    ) }}

),

final as (

    select
        campaign_id,
        version,
        side,
        kind,
        name,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
