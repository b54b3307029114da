with source as (

    {{ newest(
        'operations', 'journey_exclusions',
        key=['journey_id', 'version', 'other_journey_id'], newest_by='updated_at'
    ) }}

),

final as (

    select
        journey_id,
        version,
        other_journey_id,
        is_active,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
