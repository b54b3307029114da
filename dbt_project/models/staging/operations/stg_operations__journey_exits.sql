with source as (

    {{ newest('operations', 'journey_exits', key=['journey_id', 'version', 'event'], newest_by='updated_at') }}

),

final as (

    select
        journey_id,
        version,
        event,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
