with changes as (

    select * from {{ ref('int_customer_state_changes') }}
    where seen_on <= {{ as_of() }}

),

-- of several runs of a day the last one counts
days as (

    select * from changes
    qualify row_number() over (partition by customer_id, seen_on order by change_no desc) = 1

),

periods as (

    select
        days.*,
        lead(seen_on) over (partition by customer_id order by seen_on) as next_seen_on
    from days

),

final as (

    select
        customer_id,
        stage,
        segment_8,
        segment_11,
        abc_class,
        value_tier,
        loyalty_tier,
        quadrant,
        next_seen_on is null as is_current,
        seen_on as valid_from,
        next_seen_on as valid_to
    from periods
    where not is_gone

)

select * from final
