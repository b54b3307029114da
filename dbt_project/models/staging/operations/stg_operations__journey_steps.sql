with source as (

    {{ newest('operations', 'journey_steps', key=['journey_id', 'version', 'name'], newest_by='updated_at') }}

),

final as (

    select
        journey_id,
        version,
        name,
        kind,
        then_step,
        else_step,
        event,
        task,
        is_of_entity,
        is_active,
        position,
        message,
        wait_days,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
