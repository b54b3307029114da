with source as (

    {{ newest('operations', 'deliveries', key=['delivery_id'], newest_by='updated_at') }}

),

final as (

    select
        delivery_id,
        dedupe_key,
        campaign_id,
        customer_id,
        identifier_token,
        campaign_version,
        step,
        channel,
        destination,
        occurrence,
        variant,
        state,
        reason,
        planned_at,
        accepted_at,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
