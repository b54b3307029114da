with source as (

    {{ newest(
        'operations', 'campaign_fields',
        key=['campaign_id', 'version', 'step', 'channel', 'variant', 'field'], newest_by='updated_at'
    ) }}

),

final as (

    select
        campaign_id,
        version,
        step,
        channel,
        variant,
        field,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
