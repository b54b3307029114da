{{ newest_rows('coalesce(shares_key_with, external_userid)') }}
with source as (

    {{ newest_people(
        'wecom', 'contacts',
        key=['external_userid', 'follow_userid'],
        shared=['mobile_token', 'unionid'],
        name='remark'
    ) }}

),

final as (

    select
        person_key as external_userid,
        shares_key_with,
        follow_userid,
        {{ clean_text('unionid') }} as unionid,
        name_token as nickname_token,
        name_ref as nickname_ref,
        name_mask as nickname_mask,
        remark_token,
        remark_ref,
        remark_mask,
        remark_features,
        mobile_token as phone_token,
        mobile_mask as phone_mask,
        mobile_line_type as phone_line_type,
        mobile_further as phone_further,
        {{ clean_gender('gender') }} as gender,
        add_way,
        state,
        created_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
