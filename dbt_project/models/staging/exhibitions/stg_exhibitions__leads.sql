{{ newest_rows('coalesce(shares_key_with, lead_no)') }}
with source as (

    {{ newest_people(
        'exhibitions', 'leads',
        key=['lead_no'],
        shared=['phone_token', 'email_token'],
        first_load_where='phone_token is not null or email_token is not null'
    ) }}

),

final as (

    select
        person_key as lead_no,
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
        {{ clean_text('company') }} as company,
        {{ clean_text('job_title') }} as job_title,
        {{ clean_place('city') }} as city,
        {{ clean_text('interest') }} as interest,
        sms_opt_in,
        {{ clean_text('expo_name') }} as expo_name,
        registered_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
