with login_log as (

    select * from {{ ref('int_identity__login_log') }}

),

-- three imports of one table: what is read more than once is copied first, and this is every profile
shop_profiles as (

    select
        source_profile_id,
        shop_account
    from {{ ref('int_profiles') }}
    where not is_test

),

app_profiles as (

    select
        source_profile_id,
        app_user_id
    from {{ ref('int_profiles') }}
    where not is_test

),

places_with_profile as (

    select source_profile_id
    from {{ ref('int_profiles') }}
    where not is_test

),

known as (

    select
        login_place,
        account_type,
        account,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from login_log
    group by login_place, account_type, account

),

owned as (

    select
        known.login_place,
        shop_profiles.source_profile_id,
        known.account_type || ':' || known.account as account_key,
        known.first_seen_at,
        known.last_seen_at
    from known
    inner join shop_profiles on known.account = shop_profiles.shop_account
    where known.account_type = 'shop_account'
    union all
    select
        known.login_place,
        app_profiles.source_profile_id,
        known.account_type || ':' || known.account as account_key,
        known.first_seen_at,
        known.last_seen_at
    from known
    inner join app_profiles on known.account = app_profiles.app_user_id
    where known.account_type = 'app_user_id'

),

-- the browser itself, where the channel has a profile of it
places as (

    select
        known.login_place,
        min(known.first_seen_at) as first_seen_at,
        max(known.last_seen_at) as last_seen_at
    from known
    group by known.login_place

),

final as (

    select
        login_place,
        source_profile_id,
        account_key,
        first_seen_at,
        last_seen_at
    from owned
    union all
    select
        places.login_place,
        places_with_profile.source_profile_id,
        cast(null as string) as account_key,
        places.first_seen_at,
        places.last_seen_at
    from places
    inner join places_with_profile on places.login_place = places_with_profile.source_profile_id

)

select * from final
