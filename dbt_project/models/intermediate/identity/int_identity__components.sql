{{ config(materialized='connected_components') }}

with edges as (

    select * from {{ ref('int_identity__edges') }}

),

final as (

    select
        {{ hash_key('source_profile_id') }} as a,
        {{ hash_key('linked_profile_id') }} as b
    from edges

)

select * from final
