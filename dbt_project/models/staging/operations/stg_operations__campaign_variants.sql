with source as (

    {{ newest(
        'operations', 'campaign_variants',
        key=['campaign_id', 'version', 'variant'], newest_by='updated_at'
    ) }}

),

final as (

    select
        campaign_id,
        version,
        variant,
        weight,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
