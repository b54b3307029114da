{#- besides the name, what counts as known of a profile -#}
{%- set counted = [
    'birthday', 'email_token', 'phone_token', 'id_number_token', 'address_token', 'postcode', 'city', 'birthplace',
    'company', 'job_title',
] -%}
{#- feature columns whose text has one part, and the part of it -#}
{%- set single_parts = ['id_number', 'address', 'address_line_2'] -%}
with profiles as (

    select * from {{ ref('int_profiles') }}
    where not is_test

),

identity_rules as (

    select * from {{ ref('identity_rules') }}

),

-- what a crowd shares, such as a shop's own number, is no evidence
{% for kind in ['phone', 'email'] -%}
crowd_{{ kind }}s as (

    select profiles.{{ kind }}_token
    from profiles
    inner join identity_rules on identity_rules.identifier_type = '{{ kind }}'
    where profiles.{{ kind }}_token is not null
    group by profiles.{{ kind }}_token, identity_rules.people_cap
    having
        count(distinct coalesce(profiles.identity_name_token, profiles.source_profile_id)) > identity_rules.people_cap

),

{% endfor -%}
trusted as (

    select
        profiles.*,
        crowd_phones.phone_token is null as is_phone_trusted,
        crowd_emails.email_token is null as is_email_trusted
    from profiles
    left join crowd_phones on profiles.phone_token = crowd_phones.phone_token
    left join crowd_emails on profiles.email_token = crowd_emails.email_token

),

parted as (

    select
        source_profile_id,
        {{ feature_token('name_features', 1) }} as given_token,
        {{ feature_bits('name_features', 1) }} as given_bits,
        {{ feature_token('name_features', 2) }} as family_token,
        {{ feature_bits('name_features', 2) }} as family_bits,
        case when is_email_trusted then {{ feature_token('email_features', 1) }} end as email_local_token,
        case when is_email_trusted then {{ feature_token('email_features', 2) }} end as email_token,
        case when is_email_trusted then {{ feature_bits('email_features', 2) }} end as email_bits,
        {%- for name in single_parts %}
        {{ feature_token(name ~ '_features', 1) }} as {{ name }}_token,
        {{ feature_bits(name ~ '_features', 1) }} as {{ name }}_bits,
        {%- endfor %}
        case when is_phone_trusted then coalesce({{ feature_token('phone_features', 1) }}, phone_token) end
            as phone_token,
        case when is_phone_trusted then {{ feature_bits('phone_features', 1) }} end as phone_bits,
        birthday_text as birthday,
        lower(house_number) as house_number,
        lower(postcode) as postcode,
        lower(city) as city,
        lower(province) as province,
        lower(birthplace) as birthplace,
        lower(company) as company,
        lower(job_title) as job_title,
        gender
    from trusted

),

-- one thing alone, a name or a town, never makes two profiles one person
final as (

    select *
    from parted
    where
        case when coalesce(given_token, family_token) is not null then 1 else 0 end
        {%- for name in counted %}
        + case when {{ name }} is not null then 1 else 0 end
        {%- endfor %} > 1

)

select * from final
