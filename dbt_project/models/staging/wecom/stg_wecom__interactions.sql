with contacts as (

    select * from {{ ref('stg_wecom__contacts') }}

),

group_members as (

    select * from {{ ref('stg_wecom__group_members') }}

),

groups as (

    select * from {{ ref('stg_wecom__groups') }}

),

events as (

    select
        'contact:' || external_userid || ':' || follow_userid as interaction_id,
        external_userid as native_id,
        'contact' as kind,
        state as detail,
        false as is_withdrawn,
        created_at as occurred_at,
        load_id
    from contacts
    union all
    select
        'group:' || group_members.chat_id || ':' || group_members.userid as interaction_id,
        group_members.userid as native_id,
        'group_join' as kind,
        groups.group_name as detail,
        coalesce(group_members.member_type <> 2, true) as is_withdrawn,
        group_members.joined_at as occurred_at,
        -- a group that is renamed renames what its members joined
        greatest(group_members.load_id, coalesce(groups.load_id, group_members.load_id)) as load_id
    from group_members
    left join groups on group_members.chat_id = groups.chat_id

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'interaction_id',
            'native_id': 'native_id',
            'kind': 'kind',
            'detail': 'detail',
            'is_inbound': 'true',
            'is_withdrawn': 'is_withdrawn',
            'occurred_at': 'occurred_at',
            'load_id': 'load_id'
        }) }}
    from events

)

select * from final
