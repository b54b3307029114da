{{ newest_rows('coalesce(shares_key_with, registration_id)') }}
with source as (

    {{ newest_people(
        'activities', 'registrations',
        key=['registration_id'],
        shared=['phone_token'],
        newest_by='updated_at',
        first_load_where='phone_token is not null'
    ) }}

),

final as (

    select
        person_key as registration_id,
        shares_key_with,
        activity_id,
        name_token,
        name_ref,
        name_mask,
        name_features,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        {{ clean_text('activity_name') }} as activity_name,
        {{ clean_text('activity_type') }} as activity_type,
        {{ clean_text('vote') }} as vote,
        score,
        invited_at,
        confirmed_at,
        attended_at,
        updated_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
