{#- A view: what it adds to the resolved profiles is too little to keep every profile twice. -#}
{{ config(materialized='view') }}

with profile_customers as (

    select
        source_profile_id,
        customer_id
    from {{ ref('int_identity__profile_customers') }}

),

own_ids as (

    select
        own_customer_id,
        customer_id
    from {{ ref('int_identity__profile_customers') }}

),

deliveries as (

    select distinct customer_id from {{ ref('stg_operations__deliveries') }}

),

-- the id that each profile gives, or gave before it was merged: how deliveries of the past find the customer of today
delivered as (

    select
        'operations:' || own_ids.own_customer_id as source_profile_id,
        own_ids.customer_id
    from own_ids
    inner join deliveries on own_ids.own_customer_id = deliveries.customer_id

),

final as (

    select * from profile_customers
    union all
    select * from delivered

)

select * from final
