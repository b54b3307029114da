with birthdays as (

    select * from {{ ref('int_customer_birthdays') }}

),

final as (

    select customer_id from birthdays
    where
        birthday < cast('{{ var("lunar_birthdays_before") }}' as date)
        and {{ comes_within('next_lunar_birthday', var('birthday_lead_days')) }}

)

select * from final
