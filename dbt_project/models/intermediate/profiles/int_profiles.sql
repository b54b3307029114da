{%- set personal = ['phone', 'email', 'name', 'id_number', 'address', 'address_line_2'] -%}
with listed as (
    {{ united('profiles') }}
),

-- read apart: two narrow columns, instead of every profile kept twice
listed_ids as (

    select channel || ':' || native_id as source_profile_id
    from (
        {{ united('profiles') }}
    ) as known

),

orders as (

    select * from {{ ref('int_orders_as_sold') }}

),

points as (

    select * from {{ ref('int_points') }}

),

named_elsewhere as (

    select
        source_profile_id,
        channel,
        first_load_id
    from orders
    union all
    select
        source_profile_id,
        channel,
        load_id as first_load_id
    from points

),

-- whoever bought or has points and is missing from the channel's list of people is somebody nevertheless
unlisted as (

    select
        named_elsewhere.channel,
        substr(named_elsewhere.source_profile_id, length(named_elsewhere.channel) + 2) as native_id,
        coalesce(min(named_elsewhere.first_load_id), 'unknown') as first_load_id
    from named_elsewhere
    left join listed_ids on named_elsewhere.source_profile_id = listed_ids.source_profile_id
    where named_elsewhere.source_profile_id is not null and listed_ids.source_profile_id is null
    group by named_elsewhere.channel, named_elsewhere.source_profile_id

),

united as (

    select
        channel,
        true as is_listed,
        {%- for column in concept_columns('profiles') %}
        {{ 'case when birthday <= ' ~ as_of() ~ ' then birthday end as birthday' if column == 'birthday' else column }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    from listed

    union all

    select
        channel,
        false as is_listed,
        {%- for column, type in concept_columns('profiles').items() %}
        {{ column if column in ['native_id', 'first_load_id'] else 'cast(null as ' ~ type ~ ') as ' ~ column }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    from unlisted

),

final as (

    select
        channel || ':' || native_id as source_profile_id,
        channel,
        native_id,
        {{ personal_columns(personal) | join(',\n        ') }},
        {{ feature_columns(personal) | join(',\n        ') }},
        phone_line_type,
        phone_further,
        {%- for part in ['token', 'mask', 'line_type'] %}
        {{ message_phone(part) }} as message_phone_{{ part }},
        {%- endfor %}
        email_further,
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
        channel || ':' || shares_key_with as shares_key_with,
        coalesce(is_test, false) as is_test,
        is_listed,
        registered_at,
        updated_at,
        first_load_id
    from united

)

select * from final
