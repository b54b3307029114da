with source as (

    {{ newest(
        'operations', 'campaign_steps',
        key=['campaign_id', 'version', 'step'], newest_by='updated_at'
    ) }}

),

final as (

    select
        campaign_id,
        version,
        step,
        wait_days,
        name,
        template,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
