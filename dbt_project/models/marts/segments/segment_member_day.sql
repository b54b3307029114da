with customers as (

    select * from {{ ref('customers') }}

),

final as (

    select customer_id from customers
    where
        member_no is not null
        and ({{ comes_within(member_day_in(0), var('member_day_lead_days')) }}
            or {{ comes_within(member_day_in(1), var('member_day_lead_days')) }})

)

select * from final
