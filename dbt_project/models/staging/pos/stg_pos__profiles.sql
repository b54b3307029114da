with customers as (

    select * from {{ ref('stg_pos__customers') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'pos_customer_id',
            'member_no': 'member_no',
            'gender': 'gender',
            'city': 'city',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'name']) }}
    from customers

)

select * from final
