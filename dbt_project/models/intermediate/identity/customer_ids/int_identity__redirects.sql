with profile_customers as (

    select * from {{ ref('int_identity__profile_customers') }}

),

id_events as (

    select * from {{ ref('int_identity__id_events') }}

),

membership_log as (

    select * from {{ ref('int_identity__membership_log') }}

),

-- when an id was last seen to die
died as (

    select
        from_customer_id as customer_id,
        max(happened_at) as died_at
    from id_events
    where event in ('merged', 'renamed', 'gone')
    group by from_customer_id

),

-- a function of the map alone: even a warehouse rebuilt leads every id ever issued to its customer
through_first_profile as (

    select
        own_customer_id as retired_customer_id,
        customer_id
    from profile_customers
    where customer_id <> own_customer_id

),

living as (

    select distinct customer_id from profile_customers

),

-- ids whose first profile is gone: only what is remembered of their other profiles can tell where they went
orphaned as (

    select died.customer_id
    from died
    left join living on died.customer_id = living.customer_id
    left join through_first_profile on died.customer_id = through_first_profile.retired_customer_id
    where living.customer_id is null and through_first_profile.retired_customer_id is null

),

heirs as (

    select
        orphaned.customer_id as retired_customer_id,
        profile_customers.customer_id,
        count(distinct profile_customers.source_profile_id) as profiles
    from orphaned
    inner join membership_log on orphaned.customer_id = membership_log.customer_id
    inner join profile_customers on membership_log.source_profile_id = profile_customers.source_profile_id
    group by orphaned.customer_id, profile_customers.customer_id

),

through_most_profiles as (

    select * from heirs
    qualify row_number() over (partition by retired_customer_id order by profiles desc, customer_id) = 1

),

united as (

    select
        retired_customer_id,
        customer_id
    from through_first_profile
    union all
    select
        retired_customer_id,
        customer_id
    from through_most_profiles

),

final as (

    select
        united.retired_customer_id,
        united.customer_id,
        died.died_at as merged_at
    from united
    left join died on united.retired_customer_id = died.customer_id

)

select * from final
