with source as (

    {{ newest('operations', 'journeys', key=['journey_id', 'version'], newest_by='updated_at') }}

),

final as (

    select
        journey_id,
        version,
        first_step,
        entry_segment,
        entry_event,
        on_edit,
        owner,
        is_concurrent,
        is_active,
        entry_days,
        reentry_days,
        valid_days,
        entry_starts_on,
        entry_ends_on,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
