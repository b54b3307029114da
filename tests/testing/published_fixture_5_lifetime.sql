-- Fifth part of the test publication: what customers are expected to buy, by a model that is better than cohort rates.
create table marts.customer_lifetime as
with bought as (
    select
        customer_id, count(distinct ordered_at::date)::int as purchases, min(ordered_at)::date as first_day,
        max(ordered_at)::date as last_day, avg(gross_amount - refund_amount)::decimal(18, 2) as average
    from base.orders group by customer_id
),
told as (
    select
        customers.customer_id, bought.*exclude (customer_id),
        case
            when customers.is_profiling_optout then 'opted_out'
            when bought.customer_id is null then 'never_bought'
        end as reason,
        purchases / (30.0 + (getvariable('as_of') - first_day)) as rate
    from marts.customers left join bought using (customer_id)
)
select
    customer_id, if(reason is null, 'mbg_nbd', null) as model, if(reason is null, 'm2', null) as model_version, reason,
    if(reason is null, purchases, null)::int as purchases, if(reason is null, average, null)::decimal(18, 2) as average_amount,
    if(reason is null, rate * 30, null)::double as expected_purchases_30d,
    if(reason is null, rate * 90, null)::double as expected_purchases_90d,
    if(reason is null, rate * 365, null)::double as expected_purchases_365d,
    if(reason is null, rate * 30 * average, null)::decimal(18, 2) as expected_value_30d,
    if(reason is null, rate * 90 * average, null)::decimal(18, 2) as expected_value_90d,
    if(reason is null, rate * 365 * average, null)::decimal(18, 2) as expected_value_365d,
    if(reason is null, least(0.98, 60.0 / (60 + getvariable('as_of') - last_day)), null)::double as probability_alive,
    if(reason is null, first_day, null) as first_purchase_day, if(reason is null, last_day, null) as last_purchase_day,
    if(reason is null and purchases > 1, getvariable('as_of') + 40, null) as next_purchase_day,
    if(reason is null and purchases > 1, getvariable('as_of') + 5, null) as next_purchase_from,
    if(reason is null and purchases > 1, getvariable('as_of') + 120, null) as next_purchase_until,
    getvariable('as_of') as as_of
from told;

create table marts.lifetime_models as
select
    version as model_version, model, reason, 90 as decided_by_days, customers::int as customers,
    purchases::int as purchases, true as has_ranking, version = 'm2' as is_current, 0.6::double as r, 5.8::double as alpha,
    1.2::double as a, 3.4::double as b, 2.1::double as p, 4.0::double as q, 310.0::double as v,
    1.1::double as season_30d, 1.05::double as season_90d, 1.0::double as season_365d, 0.21::double as correlation,
    getvariable('as_of') - days::int as fitted_on
from (values
    ('m1', 'cohort_rates', 'not_better_than_cohort_rates', 1180, 4100, 10),
    ('m2', 'mbg_nbd', 'better_than_cohort_rates', 1200, 4200, 3)
) as rows (version, model, reason, customers, purchases, days);

create table marts.lifetime_figures as
select
    'm2' as model_version, horizon_days, least(horizon_days, 180) as judged_days, model, figure, 1100 as customers,
    value::double as value, (value * 0.94)::double as low, (value * 1.06)::double as high,
    getvariable('as_of') - 3 as fitted_on
from (values (30), (90), (365)) as horizons (horizon_days)
cross join (values
    ('mbg_nbd', 'total', 0.97), ('mbg_nbd', 'spend_total', 1.02), ('mbg_nbd', 'decile_share', 0.43), ('mbg_nbd', 'auc', 0.71),
    ('mbg_nbd', 'mae', 0.62), ('mbg_nbd', 'deviance', 0.91), ('cohort_rates', 'total', 1.08),
    ('cohort_rates', 'spend_total', 1.1), ('cohort_rates', 'decile_share', 0.14), ('cohort_rates', 'auc', 0.6),
    ('cohort_rates', 'mae', 0.8), ('cohort_rates', 'deviance', 1.4)
) as figures (model, figure, value);

create table marts.lifetime_calibration as
select
    'm2' as model_version, horizon_days, least(horizon_days, 180) as judged_days, model, decile::int as decile,
    if(model = 'mbg_nbd', 0.05 * decile * decile, 0.9 + 0.02 * decile)::double as expected_purchases,
    (0.06 * decile * decile - 0.02 * decile)::double as made_purchases, getvariable('as_of') - 3 as fitted_on
from (values (30), (90), (365)) as horizons (horizon_days)
cross join (values ('mbg_nbd'), ('cohort_rates')) as models (model)
cross join range(1, 11) as deciles (decile);
