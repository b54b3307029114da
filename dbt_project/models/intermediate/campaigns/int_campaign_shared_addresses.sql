{{ config(schema='intermediate', access='protected') }}

with people as (

    select * from {{ ref('int_campaign_recipients') }}

),

addresses as (
    {%- for type in ['phone', 'email', 'wecom_external_userid', 'app_user_id'] %}

    select
        '{{ type }}' as identifier_type,
        {{ identifier_of('people', "'" ~ type ~ "'", 'token') }} as identifier_token
    from people
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        identifier_type,
        identifier_token,
        cast(count(*) as int) as customers
    from addresses
    where identifier_token is not null
    group by identifier_type, identifier_token
    having count(*) > 1

)

select * from final
