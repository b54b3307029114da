with source as (

    select * from {{ lake_relation('raw_intelligence', 'customer_lifetime') }}

),

final as (

    select
        customer_id,
        model,
        model_version,
        cast(purchases as int) as purchases,
        cast(average_amount as decimal(18, 2)) as average_amount,
        expected_purchases_30d,
        expected_purchases_90d,
        expected_purchases_365d,
        cast(expected_value_30d as decimal(18, 2)) as expected_value_30d,
        cast(expected_value_90d as decimal(18, 2)) as expected_value_90d,
        cast(expected_value_365d as decimal(18, 2)) as expected_value_365d,
        probability_alive,
        first_purchase_day,
        last_purchase_day,
        next_purchase_day,
        next_purchase_from,
        next_purchase_until,
        as_of
    from source

)

select * from final
