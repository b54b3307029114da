{{ config(materialized='view') }}

with models as (

    select * from {{ ref('stg_intelligence__lifetime_models') }}
    where fitted_on <= {{ as_of() }}

),

in_use as (

    select distinct model_version from {{ ref('int_lifetime_forecasts') }}

),

final as (

    select
        models.model_version,
        models.model,
        models.reason,
        models.decided_by_days,
        models.customers,
        models.purchases,
        models.has_ranking,
        in_use.model_version is not null as is_current,
        models.r,
        models.alpha,
        models.a,
        models.b,
        models.p,
        models.q,
        models.v,
        models.season_30d,
        models.season_90d,
        models.season_365d,
        models.correlation,
        models.fitted_on
    from models
    left join in_use on models.model_version = in_use.model_version

)

select * from final
