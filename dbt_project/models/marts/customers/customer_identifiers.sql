{{ config(materialized='view') }}

with identifiers as (

    select * from {{ ref('int_customer_identifiers') }}

),

final as (

    select
        customer_id,
        source_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask,
        is_linking
    from identifiers

)

select * from final
