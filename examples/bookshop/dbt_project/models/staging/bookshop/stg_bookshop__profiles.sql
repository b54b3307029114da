with customers as (

    select * from {{ ref('stg_bookshop__customers') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'customer_no',
            'registered_at': 'registered_at',
            'updated_at': 'registered_at',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'email', 'name']) }}
    from customers

)

select * from final
