{{ newest_rows('coalesce(shares_key_with, member_no)') }}
with source as (

    {{ newest_people(
        'loyalty', 'members',
        key=['member_no'],
        shared=['phone_token', 'email_token', 'id_number_token', 'birthday'],
        newest_by='updated_at'
    ) }}

),

final as (

    select
        person_key as member_no,
        shares_key_with,
        name_token,
        name_ref,
        name_mask,
        name_features,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        email_token,
        email_mask,
        email_further,
        email_features,
        id_number_token,
        id_number_mask,
        id_number_features,
        {{ clean_text('level') }} as level,
        {{ plausible_birthday('birthday') }} as birthday,
        sms_opt_in,
        joined_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
