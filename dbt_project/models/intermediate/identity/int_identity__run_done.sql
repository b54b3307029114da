{%- do ref('int_identity__fingerprints') -%}

with run_plan as (

    select * from {{ ref('int_identity__run_plan') }}

),

final as (

    select
        rules_digest,
        planned_at
    from run_plan

)

select * from final
