with events as (

    select * from {{ ref('stg_app__events') }}

),

by_load as (

    select
        device_id,
        app_user_id,
        load_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from events
    where device_id is not null and app_user_id is not null
    group by device_id, app_user_id, load_id

),

final as (

    select
        {{ concept('logins', {
            'native_id': 'device_id',
            'account_type': "'app_user_id'",
            'account': 'app_user_id',
            'first_seen_at': 'first_seen_at',
            'last_seen_at': 'last_seen_at',
            'load_id': 'load_id'
        }) }}
    from by_load

)

select * from final
