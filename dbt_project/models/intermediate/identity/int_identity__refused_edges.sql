with edges as (

    select * from {{ ref('int_identity__edges') }}

),

final as (

    select
        source_profile_id,
        linked_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask,
        reason,
        cast(null as string) as guard_reason,
        strength
    from edges
    where 1 = 0

)

select * from final
