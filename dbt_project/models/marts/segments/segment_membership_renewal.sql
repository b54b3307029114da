with customers as (

    select * from {{ ref('customers') }}
    where member_no is not null and registered_at is not null

),

anniversaries as (

    select
        customer_id,
        registered_at,
        {{ next_anniversary('cast(registered_at as date)', as_of()) }} as year_ends_on
    from customers

),

final as (

    select customer_id from anniversaries
    where
        {{ comes_within('year_ends_on', var('renewal_lead_days')) }}
        and year(registered_at) < year(year_ends_on)

)

select * from final
