with members as (

    select * from {{ ref('stg_loyalty__members') }}

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'member_no',
            'member_no': 'case when shares_key_with is null then member_no end',
            'birthday': 'birthday',
            'registered_at': 'joined_at',
            'updated_at': 'updated_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'first_load_id'
        }, personal=['phone', 'email', 'name', 'id_number']) }}
    from members

)

select * from final
