with decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}

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
        updated_at
    from decisions

)

select * from final
