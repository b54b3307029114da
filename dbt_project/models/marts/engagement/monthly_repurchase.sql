with orders as (

    select * from {{ ref('int_orders') }}
    where
        is_paid
        and ordered_at < {{ as_of_end() }}
        and coalesce(paid_at, ordered_at) < {{ as_of_end() }}
        and (returned_at is null or returned_at >= {{ as_of_end() }})

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

activity as (

    select * from {{ ref('int_customer_totals') }}

),

bought as (

    select
        customer_profiles.customer_id,
        {{ truncated_to('month', 'orders.ordered_at') }} as month,
        count(*) as orders
    from orders
    inner join customer_profiles on orders.source_profile_id = customer_profiles.source_profile_id
    group by customer_profiles.customer_id, {{ truncated_to('month', 'orders.ordered_at') }}

),

counted as (

    select
        bought.month,
        count(*) as buyers,
        count(case
            when bought.orders > 1 or cast(activity.first_purchase_at as date) < bought.month then 1
        end) as repeat_buyers
    from bought
    inner join activity on bought.customer_id = activity.customer_id
    group by bought.month

),

final as (

    select
        cast(buyers as int) as buyers,
        cast(repeat_buyers as int) as repeat_buyers,
        round({{ ratio('repeat_buyers', 'buyers') }}, 6) as repurchase_rate,
        month
    from counted

)

select * from final
