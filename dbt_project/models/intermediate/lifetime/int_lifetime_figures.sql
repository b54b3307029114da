{{ config(materialized='view') }}

with figures as (

    select * from {{ ref('stg_intelligence__lifetime_figures') }}
    where fitted_on <= {{ as_of() }}

),

final as (

    select * from figures

)

select * from final
