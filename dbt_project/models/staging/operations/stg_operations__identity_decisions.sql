with source as (

    {{ newest('operations', 'identity_decisions', key=['decision_id'], newest_by='updated_at') }}

),

final as (

    select
        decision_id,
        decision,
        left_profile_id,
        right_profile_id,
        reason,
        decided_by,
        is_active,
        decided_at,
        updated_at,
        _dlt_load_id as load_id
    from source

)

select * from final
