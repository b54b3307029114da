{{ newest_rows('coalesce(shares_key_with, shop_customer_id)') }}
with source as (

    {{ newest_people(
        'shop', 'customers',
        key=['customer_id'],
        shared=['mobile_token', 'email_token', 'birthday'],
        newest_by='updated_at'
    ) }}

),

final as (

    select
        person_key as shop_customer_id,
        shares_key_with,
        name_token,
        name_ref,
        name_mask,
        name_features,
        mobile_token as phone_token,
        mobile_mask as phone_mask,
        mobile_line_type as phone_line_type,
        mobile_further as phone_further,
        email_token,
        email_mask,
        email_further,
        email_features,
        address_token,
        address_ref,
        address_mask,
        address_features,
        {{ clean_gender('gender') }} as gender,
        {{ plausible_birthday('birthday') }} as birthday,
        {{ clean_place('province') }} as province,
        {{ clean_place('city') }} as city,
        sms_opt_in,
        email_opt_in,
        coalesce(is_test, false) as is_test,
        registered_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
