with decisions as (

    select * from {{ ref('stg_operations__identity_decisions') }}

),

final as (

    select
        left_profile_id,
        right_profile_id,
        'steward_separate' as reason
    from decisions
    where decision = 'separate' and is_active

)

select * from final
