with registrations as (

    select * from {{ ref('stg_activities__registrations') }}

),

-- what the newest version of a registration no longer says must go where an earlier one said it
events as (

    select
        registration_id || ':confirmed' as interaction_id,
        case when phone_token is not null then registration_id end as native_id,
        'registration' as kind,
        activity_name as detail,
        confirmed_at is null as is_withdrawn,
        confirmed_at as occurred_at,
        load_id
    from registrations
    union all
    select
        registration_id || ':attended' as interaction_id,
        case when phone_token is not null then registration_id end as native_id,
        'activity' as kind,
        activity_name as detail,
        attended_at is null as is_withdrawn,
        attended_at as occurred_at,
        load_id
    from registrations

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
