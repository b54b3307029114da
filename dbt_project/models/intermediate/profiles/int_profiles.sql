{%- set personal = ['phone', 'email', 'name', 'id_number', 'address', 'address_line_2'] -%}
with united as (
    {{ united('profiles') }}
),

final as (

    select
        channel || ':' || native_id as source_profile_id,
        channel,
        native_id,
        {{ (personal_columns(personal) + feature_columns(personal)) | join(',\n        ') }},
        phone_features,
        identity_name_token,
        wecom_external_userid,
        wecom_unionid,
        member_no,
        shop_account,
        app_user_id,
        device_id,
        gender,
        birthday,
        coalesce(birthday_text, replace(cast(birthday as string), '-', '')) as birthday_text,
        birthplace,
        province,
        city,
        postcode,
        house_number,
        company,
        job_title,
        coalesce(is_test, false) as is_test,
        registered_at,
        updated_at,
        first_load_id
    from united

)

select * from final
