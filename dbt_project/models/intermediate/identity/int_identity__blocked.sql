with shared_values as (

    select * from {{ ref('int_identity__shared_values') }}

),

final as (

    select
        identifier_type,
        identifier_value,
        identifier_mask,
        reason,
        profiles,
        people,
        names
    from shared_values
    where reason is not null

)

select * from final
