with customers as (

    select * from {{ ref('stg_shop__customers') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'shop_customer_id',
            'shop_account': 'case when shares_key_with is null then shop_customer_id end',
            'gender': 'gender',
            'birthday': 'birthday',
            'province': 'province',
            'city': 'city',
            'is_test': 'is_test',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'email', 'name', 'address']) }}
    from customers

)

select * from final
