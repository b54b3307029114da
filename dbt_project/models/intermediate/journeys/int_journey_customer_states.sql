{{ config(materialized='view') }}

with lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

customer_values as (

    select * from {{ ref('customer_value') }}

),

rfm as (

    select * from {{ ref('customer_rfm') }}

),

final as (

    select
        lifecycle.customer_id,
        lifecycle.stage,
        customer_values.value_tier,
        customer_values.abc_class,
        customer_values.quadrant,
        customer_values.loyalty_tier,
        rfm.segment_8 as rfm_segment,
        lifecycle.days_since_purchase,
        lifecycle.days_since_interaction,
        lifecycle.days_since_registration
    from lifecycle
    left join customer_values on lifecycle.customer_id = customer_values.customer_id
    left join rfm on lifecycle.customer_id = rfm.customer_id

)

select * from final
