{{ config(schema='intermediate', access='protected') }}

with contacts as (

    select * from {{ ref('stg_wecom__contacts') }}

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
