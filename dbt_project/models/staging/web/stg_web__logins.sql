with events as (

    select * from {{ ref('stg_web__events') }}

),

by_load as (

    select
        cookie_id,
        shop_customer_id,
        load_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from events
    where cookie_id is not null and shop_customer_id is not null
    group by cookie_id, shop_customer_id, load_id

),

final as (

    select
        {{ concept('logins', {
            'native_id': 'cookie_id',
            'account_type': "'shop_account'",
            'account': 'shop_customer_id',
            'first_seen_at': 'first_seen_at',
            'last_seen_at': 'last_seen_at',
            'load_id': 'load_id'
        }) }}
    from by_load

)

select * from final
