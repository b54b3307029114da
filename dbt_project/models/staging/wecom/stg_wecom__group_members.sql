{{ newest_rows('chat_id') }}
with source as (

    {{ newest('wecom', 'group_members', key=['chat_id', 'userid'], first_load_where='true') }}

),

final as (

    select
        chat_id,
        userid,
        {{ clean_text('unionid') }} as unionid,
        name_token as nickname_token,
        name_ref as nickname_ref,
        name_mask as nickname_mask,
        member_type,
        join_scene,
        joined_at,
        first_load_id,
        _dlt_load_id as load_id
    from source

)

select * from final
