{%- set kinds = [
    ('phone', 'phone_token', 'phone_mask'),
    ('email', 'email_token', 'email_mask'),
    ('name', 'name_token', 'name_mask'),
    ('id_number', 'id_number_token', 'id_number_mask'),
    ('member_no', 'member_no', 'member_no'),
    ('wecom_external_userid', 'wecom_external_userid', 'wecom_external_userid'),
    ('wecom_unionid', 'wecom_unionid', 'wecom_unionid'),
    ('shop_account', 'shop_account', 'shop_account'),
    ('app_user_id', 'app_user_id', 'app_user_id'),
    ('device_id', 'device_id', 'device_id'),
] -%}
with profiles as (

    select * from {{ ref('int_profiles') }}

),

customer_profiles as (

    select * from {{ ref('int_customer_profiles') }}

),

owned as (

    select
        customer_profiles.customer_id,
        profiles.*
    from profiles
    inner join customer_profiles on profiles.source_profile_id = customer_profiles.source_profile_id

),

identifiers as (
    {%- for kind, value, mask in kinds %}

    select
        customer_id,
        source_profile_id,
        '{{ kind }}' as identifier_type,
        {{ value }} as identifier_value,
        {{ mask }} as identifier_mask
    from owned
    where {{ value }} is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        customer_id,
        source_profile_id,
        identifier_type,
        identifier_value,
        identifier_mask,
        identifier_type <> 'name' as is_linking
    from identifiers

)

select * from final
