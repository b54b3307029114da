with customers as (

    select * from {{ ref('int_identity__customers') }}

),

deliveries as (

    select distinct customer_id from {{ ref('stg_operations__deliveries') }}

),

-- the id that each profile gives, or gave before it was merged: how deliveries of the past find the customer of today
ids_of_profiles as (

    select
        {{ customer_id_of('source_profile_id') }} as issued_customer_id,
        customer_id
    from customers

),

final as (

    select
        source_profile_id,
        customer_id
    from customers
    union all
    select
        'operations:' || ids_of_profiles.issued_customer_id as source_profile_id,
        ids_of_profiles.customer_id
    from ids_of_profiles
    inner join deliveries on ids_of_profiles.issued_customer_id = deliveries.customer_id

)

select * from final
