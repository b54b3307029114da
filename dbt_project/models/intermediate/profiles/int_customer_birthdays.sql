with customers as (

    select * from {{ ref('customers') }}

),

lunar_months as (

    select * from {{ ref('lunar_months') }}

),

birthdays as (

    select distinct birthday from customers
    where birthday is not null

),

-- who was born in a leap month keeps the month of the same number that is none
lunar_birthdays as (

    select
        birthdays.birthday,
        lunar_months.lunar_month,
        {{ days_between('lunar_months.first_day', 'birthdays.birthday') }} + 1 as lunar_day
    from birthdays
    inner join lunar_months
        on birthdays.birthday >= lunar_months.first_day
        and birthdays.birthday < {{ add_days('lunar_months.first_day', 'lunar_months.days') }}

),

-- the 30th of a month of 29 days is its last day
coming as (

    select
        lunar_birthdays.birthday,
        lunar_birthdays.lunar_month,
        lunar_birthdays.lunar_day,
        {{ add_days('lunar_months.first_day', 'least(lunar_birthdays.lunar_day, lunar_months.days) - 1') }} as kept_on
    from lunar_birthdays
    inner join lunar_months
        on lunar_birthdays.lunar_month = lunar_months.lunar_month
        and not lunar_months.is_leap
        and lunar_months.first_day between {{ add_days(as_of(), -30) }} and {{ add_days(as_of(), 400) }}

),

next_lunar as (

    select
        birthday,
        lunar_month,
        lunar_day,
        min(kept_on) as next_lunar_birthday
    from coming
    where kept_on >= {{ as_of() }}
    group by birthday, lunar_month, lunar_day

),

final as (

    select
        customers.customer_id,
        next_lunar.lunar_month,
        next_lunar.lunar_day,
        customers.birthday,
        {{ next_anniversary('customers.birthday', as_of()) }} as next_birthday,
        next_lunar.next_lunar_birthday
    from customers
    left join next_lunar on customers.birthday = next_lunar.birthday
    where customers.birthday is not null

)

select * from final
