with source as (

    select * from {{ lake_relation('raw_intelligence', 'lifetime_calibration') }}

),

final as (

    select
        model_version,
        cast(horizon_days as int) as horizon_days,
        cast(judged_days as int) as judged_days,
        model,
        cast(decile as int) as decile,
        expected_purchases,
        made_purchases,
        fitted_on
    from source

)

select * from final
