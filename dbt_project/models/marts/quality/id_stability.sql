with membership_log as (

    select * from {{ ref('int_identity__membership_log') }}

),

id_changes as (

    select * from {{ ref('int_identity__id_changes') }}

),

profiles as (

    select
        changed_at,
        max(run_id) as run_id,
        sum(case when previous_customer_id is null then 1 else 0 end) as profiles_new,
        sum(case when customer_id is null then 1 else 0 end) as profiles_gone,
        sum(case when customer_id is not null and previous_customer_id is not null then 1 else 0 end) as profiles_moved
    from membership_log
    group by changed_at

),

ids as (

    select
        changed_at,
        count(distinct case when starts_id then to_customer_id end) as customers_new,
        count(distinct case when ends_id then from_customer_id end) as customers_retired
    from id_changes
    group by changed_at

),

runs as (

    select
        profiles.run_id,
        profiles.changed_at,
        profiles.profiles_new,
        profiles.profiles_gone,
        profiles.profiles_moved,
        ids.customers_new,
        ids.customers_retired
    from profiles
    inner join ids on profiles.changed_at = ids.changed_at

),

-- what there was before a run: everything that came before it and has not gone again
balances as (

    select
        *,
        sum(customers_new - customers_retired) over (order by changed_at) - customers_new + customers_retired
            as customers_before,
        sum(profiles_new - profiles_gone) over (order by changed_at) - profiles_new + profiles_gone as profiles_before
    from runs

),

final as (

    select
        run_id,
        cast(customers_before as int) as customers_before,
        cast(customers_new as int) as customers_new,
        cast(customers_retired as int) as customers_retired,
        cast(profiles_before as int) as profiles_before,
        cast(profiles_new as int) as profiles_new,
        cast(profiles_gone as int) as profiles_gone,
        cast(profiles_moved as int) as profiles_moved,
        {{ ratio('customers_retired', 'customers_before') }} as customer_churn_share,
        {{ ratio('profiles_moved', 'profiles_before') }} as profile_churn_share,
        changed_at as happened_at
    from balances

)

select * from final
