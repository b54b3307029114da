with customers as (

    select * from {{ ref('customers') }}

),

not_profiled as (

    select * from {{ ref('int_customers_not_profiled') }}

),

buyers as (

    select distinct customer_id from {{ ref('int_customer_purchase_days') }}

),

forecasts as (

    select * from {{ ref('int_lifetime_forecasts') }}

),

told as (

    select
        customers.customer_id,
        case
            when not_profiled.reason is not null then not_profiled.reason
            when buyers.customer_id is null then 'never_bought'
            when {{ 'false' if var('lifetime_enabled', true) else 'true' }} then 'switched_off'
            when forecasts.customer_id is null then 'not_forecast_yet'
            when forecasts.model is null then 'too_little_data'
        end as reason
    from customers
    left join not_profiled on customers.customer_id = not_profiled.customer_id
    left join buyers on customers.customer_id = buyers.customer_id
    left join forecasts on customers.customer_id = forecasts.customer_id

),

-- the forecast of whoever has a reason is not told; a condition on one side of a left join compares all with all
tellable as (

    select
        customer_id,
        reason,
        case when reason is null then customer_id end as forecast_of
    from told

),

final as (

    select
        tellable.customer_id,
        forecasts.model,
        forecasts.model_version,
        tellable.reason,
        forecasts.purchases,
        forecasts.average_amount,
        forecasts.expected_purchases_30d,
        forecasts.expected_purchases_90d,
        forecasts.expected_purchases_365d,
        forecasts.expected_value_30d,
        forecasts.expected_value_90d,
        forecasts.expected_value_365d,
        forecasts.probability_alive,
        forecasts.first_purchase_day,
        forecasts.last_purchase_day,
        forecasts.next_purchase_day,
        forecasts.next_purchase_from,
        forecasts.next_purchase_until,
        {{ as_of() }} as as_of
    from tellable
    left join forecasts on tellable.forecast_of = forecasts.customer_id

)

select * from final
