{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__affected_profiles') }}

with customers as (

    select * from {{ ref('int_identity__customers') }}

),

affected as (

    select * from customers
    where {{ among_affected('profile_key', 'profile_key', 'int_identity__affected_profiles') }}

),

deliveries as (

    select distinct customer_id from {{ ref('stg_operations__deliveries') }}

),

-- the id that each profile gives, or gave before it was merged: how deliveries of the past find the customer of today
delivered as (

    select
        'operations:' || customers.own_customer_id as source_profile_id,
        customers.customer_id
    from customers
    inner join deliveries on customers.own_customer_id = deliveries.customer_id

),

final as (

    select
        source_profile_id,
        customer_id,
        profile_key
    from affected
    union all
    select
        source_profile_id,
        customer_id,
        cast(null as bigint) as profile_key
    from delivered

)

select * from final
