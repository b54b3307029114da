{{ config(materialized='view') }}

with tag_values as (

    select * from {{ ref('int_tag_values') }}

),

final as (

    select
        tag_no,
        tag,
        value
    from tag_values

)

select * from final
