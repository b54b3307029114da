-- Part of the peer of the full refresh, after customers.sql in the same session: what each customer is expected to buy,
-- from the forecasts in the lake.

create table customer_lifetime as
with judged as (
    select customer_id,
        case
            when is_profiling_optout then 'opted_out'
            when birthday + interval 18 year > getvariable('as_of') then 'minor'
            when first_purchase_at is null then 'never_bought'
        end as reason
    from customers
)
select customer_id, model, model_version,
    coalesce(reason, case when found is null then 'not_forecast_yet' when model is null then 'too_little_data' end) as reason,
    purchases::int as purchases, average_amount::decimal(18, 2) as average_amount, expected_purchases_30d, expected_purchases_90d,
    expected_purchases_365d, expected_value_30d::decimal(18, 2) as expected_value_30d,
    expected_value_90d::decimal(18, 2) as expected_value_90d, expected_value_365d::decimal(18, 2) as expected_value_365d,
    probability_alive, first_purchase_day, last_purchase_day, next_purchase_day, next_purchase_from, next_purchase_until,
    getvariable('as_of') as as_of
from judged
left join (
    select *, true as found from read_parquet(getvariable('lake') || '/raw_intelligence/customer_lifetime/*.parquet')
    where as_of = getvariable('as_of')
) as forecasts using (customer_id);
