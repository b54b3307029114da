with figures as (

    select * from {{ ref('int_lifetime_figures') }}

),

final as (

    select
        model_version,
        horizon_days,
        judged_days,
        model,
        figure,
        customers,
        value,
        low,
        high,
        fitted_on
    from figures

)

select * from final
