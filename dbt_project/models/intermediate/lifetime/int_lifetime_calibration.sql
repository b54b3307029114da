{{ config(materialized='view') }}

with calibration as (

    select * from {{ ref('stg_intelligence__lifetime_calibration') }}
    where fitted_on <= {{ as_of() }}

),

final as (

    select * from calibration

)

select * from final
