{{ config(schema='intermediate', access='protected') }}

with addresses as (

    select * from {{ ref('int_customer_addresses') }}

),

final as (

    select
        identifier_type,
        identifier_token,
        cast(count(*) as int) as customers
    from addresses
    group by identifier_type, identifier_token
    having count(*) > 1

)

select * from final
