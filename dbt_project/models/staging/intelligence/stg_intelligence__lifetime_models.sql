with source as (

    select * from {{ lake_relation('raw_intelligence', 'lifetime_models') }}

),

final as (

    select
        model_version,
        model,
        reason,
        cast(decided_by_days as int) as decided_by_days,
        cast(customers as int) as customers,
        cast(purchases as int) as purchases,
        has_ranking,
        r,
        alpha,
        a,
        b,
        p,
        q,
        v,
        season_30d,
        season_90d,
        season_365d,
        correlation,
        fitted_on
    from source

)

select * from final
