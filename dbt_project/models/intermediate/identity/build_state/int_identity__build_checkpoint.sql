{%- do ref('int_identity__previous_profile_hashes') -%}

with build_plan as (

    select * from {{ ref('int_identity__build_plan') }}

),

final as (

    select
        rules_digest,
        planned_at
    from build_plan

)

select * from final
