with source as (

    select * from {{ lake_relation('raw_intelligence', 'lifetime_figures') }}

),

final as (

    select
        model_version,
        cast(horizon_days as int) as horizon_days,
        cast(judged_days as int) as judged_days,
        model,
        figure,
        cast(customers as int) as customers,
        value,
        low,
        high,
        fitted_on
    from source

)

select * from final
