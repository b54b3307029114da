{{ kept_by('customer_id') }}

with customers as (

    select * from {{ ref('customers') }}
    where {{ among_affected('customer_id') }}

),

province_regions as (

    select * from {{ ref('province_regions') }}

),

city_tiers as (

    select * from {{ ref('city_tiers') }}

),

placed as (

    select
        customers.*,
        city_tiers.tier as listed_tier,
        coalesce(customers.province, city_tiers.province) as known_province,
        cast(customers.registered_at as date) as registered_day,
        cast(customers.first_purchase_at as date) as first_purchase_day,
        customers.phone_token is not null or customers.email_token is not null as has_address,
        coalesce(
            customers.name_token, customers.email_token, customers.member_no, customers.app_user_id,
            customers.wecom_external_userid
        ) is not null as is_named,
        year(customers.birthday) as birth_year
    from customers
    left join city_tiers on customers.city = city_tiers.city

),

final as (

    select
        placed.customer_id,
        placed.gender,
        placed.birthday,
        case
            when placed.birth_year >= 2000 then '2000s'
            when placed.birth_year >= 1990 then '1990s'
            when placed.birth_year >= 1980 then '1980s'
            when placed.birth_year >= 1970 then '1970s'
            when placed.birth_year is not null then 'before_1970'
        end as generation,
        cast(month(placed.birthday) as int) as birth_month,
        placed.city,
        case when placed.city is not null then coalesce(placed.listed_tier, 'other') end as city_tier,
        placed.known_province as province,
        province_regions.region,
        placed.company is not null as has_company,
        placed.company,
        placed.job_title,
        placed.phone_token is not null as has_phone,
        placed.email_token is not null as has_email,
        placed.wecom_external_userid is not null as has_wecom,
        placed.app_user_id is not null as has_app,
        placed.member_no is not null as is_member,
        placed.birthday is null and placed.orders_count > 0 and has_address as lacks_birthday,
        placed.phone_token is null and placed.orders_count > 0 and is_named as lacks_phone,
        placed.gender is null and placed.orders_count > 0 and has_address as lacks_gender,
        placed.member_no is null and placed.orders_count >= 3 and has_address as could_be_member,
        placed.wecom_external_userid is null and placed.orders_count >= 3 and has_address as could_be_contact,
        placed.phone_line_type,
        placed.source_profiles,
        -- one name more than separators
        cast(1 + length(placed.channels) - length(replace(placed.channels, ',', '')) as int) as channels_count,
        placed.channels,
        placed.first_channel,
        -- where the registration is the first purchase itself, nobody registered
        case when placed.orders_count > 0 and placed.registered_at <> placed.first_purchase_at
                then {{ days_between('placed.registered_day', 'placed.first_purchase_day') }}
        end
            as days_to_first_purchase,
        {{ days_between('placed.first_seen_at', 'placed.last_seen_at') }} as known_span_days,
        case
            when placed.first_purchase_at is null or placed.registered_at <> placed.first_purchase_at
                then placed.registered_day
        end as registered_day,
        case when placed.orders_count = 0 then coalesce(placed.registered_day, cast(placed.first_seen_at as date)) end
            as prospect_since_day,
        case when placed.orders_count = 0 then cast(placed.last_interaction_at as date) end as prospect_last_day,
        case when placed.orders_count > 0 and placed.last_interaction_at is not null
                then cast(greatest(placed.last_purchase_at, placed.last_interaction_at) as date)
        end as buyer_last_day,
        case when placed.orders_count >= 2 then placed.first_purchase_day end as repeat_buyer_since_day,
        case
            when placed.orders_count >= 12
                then cast(greatest(placed.last_purchase_at, placed.last_interaction_at) as date)
        end as heavy_buyer_last_day,
        cast(placed.last_seen_at as date) as last_seen_day
    from placed
    left join province_regions on placed.known_province = province_regions.province

)

select * from final
