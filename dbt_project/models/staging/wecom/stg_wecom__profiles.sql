with contacts as (

    select * from {{ ref('stg_wecom__contacts') }}

),

group_members as (

    select * from {{ ref('stg_wecom__group_members') }}

),

known as (

    select
        external_userid,
        shares_key_with,
        unionid,
        phone_token,
        phone_mask,
        phone_line_type,
        phone_further,
        -- a note that is no name leaves the nickname: token, reference and mask are those of one value
        coalesce(remark_token, nickname_token) as name_token,
        case
            when remark_token is null and nickname_token is not null then nickname_ref
            else coalesce(remark_ref, nickname_ref)
        end as name_ref,
        case
            when remark_token is null and nickname_token is not null then nickname_mask
            else coalesce(remark_mask, nickname_mask)
        end as name_mask,
        -- a nickname is like many others and says little
        remark_features as name_features,
        remark_token as identity_name_token,
        gender,
        created_at,
        first_load_id
    from contacts
    union all
    select
        userid as external_userid,
        cast(null as string) as shares_key_with,
        unionid,
        null as phone_token,
        null as phone_mask,
        null as phone_line_type,
        null as phone_further,
        nickname_token as name_token,
        nickname_ref as name_ref,
        nickname_mask as name_mask,
        null as name_features,
        null as identity_name_token,
        null as gender,
        joined_at as created_at,
        first_load_id
    from group_members
    where member_type = 2

),

-- several employees may follow one contact: the fullest of their notes speaks for it, the oldest among equals
best as (

    select
        *,
        max(unionid) over (partition by external_userid) as any_unionid,
        min(created_at) over (partition by external_userid) as registered_at,
        max(created_at) over (partition by external_userid) as updated_at,
        min(first_load_id) over (partition by external_userid) as earliest_load_id
    from known
    qualify
        row_number() over (
            partition by external_userid
            order by
                case when phone_token is null then 1 else 0 end,
                case when identity_name_token is null then 1 else 0 end,
                created_at nulls last, first_load_id, name_token nulls last, phone_token nulls last, gender nulls last
        ) = 1

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'external_userid',
            'identity_name_token': 'identity_name_token',
            'wecom_external_userid': 'case when shares_key_with is null then external_userid end',
            'wecom_unionid': 'any_unionid',
            'gender': 'gender',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'shares_key_with': 'shares_key_with',
            'first_load_id': 'earliest_load_id'
        }, personal=['phone', 'name']) }}
    from best

)

select * from final
