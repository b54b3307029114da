{{ config(materialized='view') }}

with forecasts as (

    select * from {{ ref('stg_intelligence__customer_lifetime') }}
    where as_of = {{ as_of() }}

),

final as (

    select * from forecasts

)

select * from final
