with blocked as (

    select * from {{ ref('int_identity__blocked') }}

),

final as (

    select
        identifier_type,
        identifier_value,
        identifier_mask,
        reason,
        cast(profiles as int) as profiles
    from blocked

)

select * from final
