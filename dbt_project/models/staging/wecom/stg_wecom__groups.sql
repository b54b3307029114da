with source as (

    {{ newest('wecom', 'groups', key=['chat_id']) }}

),

final as (

    select
        chat_id,
        owner as owner_userid,
        name as group_name,
        created_at,
        _dlt_load_id as load_id
    from source

)

select * from final
