{{ newest_rows('coalesce(shares_key_with, pos_customer_id)') }}
with source as (

    {{ newest_people(
        'pos', 'customers',
        key=['pos_customer_id'],
        shared=['phone_token', 'member_no'],
        newest_by='updated_at'
    ) }}

),

final as (

    select
        person_key as pos_customer_id,
        shares_key_with,
        {{ clean_text('member_no') }} as member_no,
        name_token,
        name_ref,
        name_mask,
        name_features,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        {{ clean_gender('gender') }} as gender,
        store_name,
        {{ clean_place('city') }} as city,
        sms_opt_in,
        registered_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
