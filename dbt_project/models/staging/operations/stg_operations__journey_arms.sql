with source as (

    {{ newest(
        'operations', 'journey_arms',
        key=['journey_id', 'version', 'step', 'position'], newest_by='updated_at'
    ) }}

),

final as (

    select
        journey_id,
        version,
        step,
        position,
        condition,
        target,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
