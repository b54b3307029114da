{{ newest_rows('coalesce(shares_key_with, app_user_id)') }}
with source as (

    {{ newest_people(
        'app', 'users',
        key=['app_user_id'],
        shared=['phone_token', 'device_id'],
        newest_by='updated_at'
    ) }}

),

final as (

    select
        person_key as app_user_id,
        shares_key_with,
        {{ clean_text('device_id') }} as device_id,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        name_token,
        name_ref,
        name_mask,
        name_features,
        push_opt_in,
        registered_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
