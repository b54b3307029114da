with calibration as (

    select * from {{ ref('int_lifetime_calibration') }}

),

final as (

    select
        model_version,
        horizon_days,
        judged_days,
        model,
        decile,
        expected_purchases,
        made_purchases,
        fitted_on
    from calibration

)

select * from final
