with held as (

    select * from {{ ref('int_held_rows') }}

),

final as (

    select
        channel,
        concept,
        reason,
        value,
        held_rows,
        channel_held_rows,
        channel_held_share
    from held

)

select * from final
