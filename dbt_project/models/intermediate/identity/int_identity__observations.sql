{#- [type, value, mask, the phone that a combined value rests on] -#}
{%- set identifiers = [
    ['phone', 'phone_token', 'phone_mask', none],
    ['email', 'email_token', 'email_mask', none],
    ['id_number', 'id_number_token', 'id_number_mask', none],
    ['member_no', 'member_no', 'member_no', none],
    ['wecom_unionid', 'wecom_unionid', 'wecom_unionid', none],
    ['wecom_external_userid', 'wecom_external_userid', 'wecom_external_userid', none],
    ['shop_account', 'shop_account', 'shop_account', none],
    ['app_user_id', 'app_user_id', 'app_user_id', none],
    ['device_id', 'device_id', 'device_id', none],
    ['phone_email', "phone_token || '+' || email_token", "phone_mask || ' + ' || email_mask", 'phone_token'],
] -%}

with profiles as (

    select
        *,
        -- a name in Latin letters may be the Chinese one in pinyin, so it does not contradict one
        coalesce(identity_name_token = name_token and {{ regexp_found('name_mask', '^[a-z]') }}, false)
            as is_latin_name,
        -- who the profile seems to be: its name, and without a name everything else it is known by
        coalesce(
            identity_name_token,
            {{ surrogate_key([
                'phone_token', 'email_token', 'id_number_token', 'member_no', 'wecom_unionid', 'wecom_external_userid',
                'shop_account', 'app_user_id'
            ]) }}
        ) as person_key
    from {{ ref('int_profiles') }}
    where not is_test

),

rules as (

    select * from {{ ref('identity_rules') }}

),

carried as (
    {%- for type, value, mask, rests_on in identifiers %}

    select
        '{{ type }}' as identifier_type,
        {{ value }} as identifier_value,
        {{ mask }} as identifier_mask,
        {{ rests_on or 'cast(null as string)' }} as rests_on_phone,
        source_profile_id,
        identity_name_token,
        is_latin_name,
        person_key,
        registered_at,
        updated_at
    from profiles
    where {{ value }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        carried.identifier_type,
        carried.identifier_value,
        carried.identifier_mask,
        carried.rests_on_phone,
        carried.source_profile_id,
        carried.identity_name_token,
        carried.is_latin_name,
        carried.person_key,
        rules.trust,
        carried.registered_at,
        coalesce(least(carried.registered_at, carried.updated_at), carried.registered_at) as first_seen_at,
        coalesce(greatest(carried.registered_at, carried.updated_at), carried.registered_at) as last_seen_at
    from carried
    inner join rules on carried.identifier_type = rules.identifier_type

)

select * from final
