{{ config(schema='intermediate', access='protected') }}

with contacts as (
    {%- for channel in channels_with('contacts') %}

    select
        external_userid,
        follow_userid,
        shares_key_with,
        created_at
    from {{ ref('stg_' ~ channel ~ '__contacts') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as string) as external_userid,
        cast(null as string) as follow_userid,
        cast(null as string) as shares_key_with,
        cast(null as timestamp) as created_at
    where false
    {%- endfor %}

),

final as (

    select
        'wecom_external_userid' as identifier_type,
        external_userid as identifier_token,
        follow_userid as employee
    from contacts
    -- a contact that stands for several people belongs to nobody
    where shares_key_with is null and follow_userid is not null and trim(follow_userid) <> ''
    -- who added the customer last most likely wrote to them last, which is how WeCom itself chooses
    qualify row_number() over (
        partition by external_userid
        order by created_at desc nulls last, follow_userid
    ) = 1

)

select * from final
