{{ config(materialized='affected_rows', key='profile_key', affected='int_identity__changed_profiles') }}
{#- what these rows were must have been read before they are replaced -#}
{%- do ref('int_identity__previous_values') -%}
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

    select * from {{ profiles_in_reach() }}

),

logins as (

    select * from {{ ref('int_identity__login_observations') }}
    where {{ among_affected('source_profile_id', 'source_profile_id', 'int_identity__changed_profiles') }}

),

rules as (

    select * from {{ ref('identity_rules') }}

),

named as (

    select
        *,
        {{ hash_key('source_profile_id') }} as profile_key,
        {{ name_key('identity_name_token', 'name_features') }} as name_key,
        {{ date_of_digits('birthday_text') }} as stated_birthday
    from profiles

),

-- who a profile seems to be: its name, and without a name everything else it is known by
seeming as (

    select
        *,
        coalesce(
            name_key,
            {{ hash_key(surrogate_key([
                'phone_token', 'email_token', 'id_number_token', 'member_no', 'wecom_unionid', 'wecom_external_userid',
                'shop_account', 'app_user_id'
            ])) }}
        ) as person_key,
        channel not in ({% for name in var('contact_channels') %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
            as is_account
    from named

),

positions as (

    select cast(n + 1 as int) as position from {{ series('16', 'r', 'n') }}

),

-- the other numbers and addresses of a field are identifiers of the profile like the first
further as (
    {%- for type in ['phone', 'email'] %}

    select
        '{{ type }}' as identifier_type,
        split_part(split_part(seeming.{{ type }}_further, ';', positions.position), '|', 1) as identifier_value,
        split_part(split_part(seeming.{{ type }}_further, ';', positions.position), '|', 2) as identifier_mask,
        seeming.source_profile_id
    from seeming
    cross join positions
    where
        seeming.{{ type }}_further is not null
        -- what cannot be read has a mask and no token
        and split_part(split_part(seeming.{{ type }}_further, ';', positions.position), '|', 1) <> ''
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

carried as (
    {%- for type, value, mask, rests_on in identifiers %}

    select
        '{{ type }}' as identifier_type,
        {{ value }} as identifier_value,
        {{ mask }} as identifier_mask,
        source_profile_id,
        {{ hash_key("'phone:' || " ~ rests_on) if rests_on else 'cast(null as bigint)' }} as rests_on_key,
        profile_key,
        name_key,
        person_key,
        stated_birthday,
        is_account,
        registered_at,
        least(registered_at, updated_at) as first_seen_at,
        greatest(registered_at, updated_at) as last_seen_at
    from seeming
    where {{ value }} is not null
    union all
    {%- endfor %}

    select
        further.identifier_type,
        further.identifier_value,
        further.identifier_mask,
        seeming.source_profile_id,
        cast(null as bigint) as rests_on_key,
        seeming.profile_key,
        seeming.name_key,
        seeming.person_key,
        seeming.stated_birthday,
        seeming.is_account,
        seeming.registered_at,
        least(seeming.registered_at, seeming.updated_at) as first_seen_at,
        greatest(seeming.registered_at, seeming.updated_at) as last_seen_at
    from further
    inner join seeming on further.source_profile_id = seeming.source_profile_id

    union all

    -- how many accounts logged in there is what matters, not how many people
    select
        'logged_in_as' as identifier_type,
        logins.login_place as identifier_value,
        logins.login_place as identifier_mask,
        logins.source_profile_id,
        cast(null as bigint) as rests_on_key,
        seeming.profile_key,
        seeming.name_key,
        {{ hash_key('logins.account_key') }} as person_key,
        seeming.stated_birthday,
        seeming.is_account,
        seeming.registered_at,
        logins.first_seen_at,
        logins.last_seen_at
    from logins
    inner join seeming on logins.source_profile_id = seeming.source_profile_id

),

final as (

    select
        carried.identifier_type,
        carried.identifier_value,
        carried.identifier_mask,
        carried.source_profile_id,
        carried.profile_key,
        {{ hash_key("carried.identifier_type || ':' || carried.identifier_value") }} as value_key,
        carried.rests_on_key,
        carried.name_key,
        carried.person_key,
        carried.stated_birthday,
        carried.is_account,
        rules.trust,
        carried.registered_at,
        coalesce(carried.first_seen_at, carried.registered_at) as first_seen_at,
        coalesce(carried.last_seen_at, carried.registered_at) as last_seen_at
    from carried
    inner join rules on carried.identifier_type = rules.identifier_type

)

select * from final
