{{ config(schema='intermediate', access='protected') }}

with customers as (

    select * from {{ ref('customers') }}

),

customer_value as (

    select * from {{ ref('customer_value') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

rfm as (

    select * from {{ ref('customer_rfm') }}

),

final as (

    select
        customers.customer_id,
        customers.is_profiling_optout,
        customer_value.value_tier,
        {{ json_object_text([
            ['city', 'customers.city'],
            ['days_since_purchase', 'lifecycle.days_since_purchase'],
            ['stage', 'lifecycle.stage'],
            ['rfm_segment', 'rfm.segment_8'],
            ['value_tier', 'customer_value.value_tier'],
        ]) }} as fields,
        customer_value.value_score
    from customers
    inner join customer_value on customers.customer_id = customer_value.customer_id
    inner join lifecycle on customers.customer_id = lifecycle.customer_id
    left join rfm on customers.customer_id = rfm.customer_id

)

select * from final
