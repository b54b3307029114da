with events as (

    select * from {{ ref('stg_web__events') }}

),

-- whose a browser is follows from the logins on it, not from here
browsers as (

    select
        cookie_id,
        min(occurred_at) as registered_at,
        max(occurred_at) as updated_at,
        min(load_id) as first_load_id
    from events
    where shop_customer_id is not null
    group by cookie_id

),

final as (

    select
        {{ concept('profiles', {
            'native_id': 'cookie_id',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'first_load_id': 'first_load_id'
        }) }}
    from browsers

)

select * from final
