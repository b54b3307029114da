with events as (

    select * from {{ ref('stg_web__events') }}

),

-- one account only: a browser that several people log in on belongs to none of them
browsers as (

    select
        cookie_id,
        case when min(shop_customer_id) = max(shop_customer_id) then min(shop_customer_id) end as shop_account,
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
            'shop_account': 'shop_account',
            'registered_at': 'registered_at',
            'updated_at': 'updated_at',
            'first_load_id': 'first_load_id'
        }) }}
    from browsers

)

select * from final
