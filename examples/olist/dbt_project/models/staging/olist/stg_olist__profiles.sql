with customers as (

    select * from {{ ref('stg_olist__customers') }}

),

purchases as (

    select
        native_id,
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at
    from {{ ref('stg_olist__purchases') }}
    group by native_id

),

-- a person may have several addresses: one of them, the same on every run
people as (

    select
        native_id,
        max_by(postcode, customer_id) as postcode,
        max_by(city, customer_id) as city,
        max_by(province, customer_id) as province,
        min(first_load_id) as first_load_id
    from customers
    group by native_id

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'people.native_id',
            'postcode': 'postcode',
            'city': 'city',
            'province': 'province',
            'updated_at': 'last_purchased_at',
            'first_load_id': 'first_load_id'
        }) }}
    from people
    left join purchases on people.native_id = purchases.native_id

)

select * from final
