with models as (

    select * from {{ ref('int_lifetime_models') }}

),

final as (

    select
        model_version,
        model,
        reason,
        decided_by_days,
        customers,
        purchases,
        has_ranking,
        is_current,
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
    from models

)

select * from final
