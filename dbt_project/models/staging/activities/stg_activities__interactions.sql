with registrations as (

    select * from {{ ref('stg_activities__registrations') }}

),

events as (

    select
        registration_id || ':confirmed' as interaction_id,
        case when phone_token is not null then registration_id end as native_id,
        'registration' as kind,
        activity_name as detail,
        confirmed_at as occurred_at,
        load_id
    from registrations
    where confirmed_at is not null
    union all
    select
        registration_id || ':attended' as interaction_id,
        case when phone_token is not null then registration_id end as native_id,
        'activity' as kind,
        activity_name as detail,
        attended_at as occurred_at,
        load_id
    from registrations
    where attended_at is not null

),

final as (

    select
        {{ concept('interactions', {
            'interaction_id': 'interaction_id',
            'native_id': 'native_id',
            'kind': 'kind',
            'detail': 'detail',
            'is_inbound': 'true',
            'occurred_at': 'occurred_at',
            'load_id': 'load_id'
        }) }}
    from events

)

select * from final
