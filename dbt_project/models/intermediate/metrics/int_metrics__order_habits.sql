{{ kept_by('customer_id') }}
{%- set seasons = shopping_seasons() %}
{%- set months = ['early_month', 'late_month'] %}
{%- set quarters = ['spring', 'summer', 'autumn', 'winter'] %}
{%- set weekdays = [] %}
{%- for number in range(1, 8) %}{%- do weekdays.append('weekday_' ~ number) %}{%- endfor %}
{%- set counted = dayparts() + weekdays + months + quarters + seasons + ['season', 'coupon', 'coupon_known'] %}
{%- set least = var('habit_orders', 4) %}

with profiles as (

    select * from {{ ref('int_customer_profiles') }}
    where {{ among_affected('customer_id') }}

),

habits as (

    select * from {{ ref('int_profile_order_habits') }}

),

of_customers as (

    select
        habits.*,
        profiles.customer_id
    from habits
    inner join profiles on habits.source_profile_id = profiles.source_profile_id

),

stores as (

    select
        customer_id,
        store_name,
        cast(sum(purchases) as bigint) as purchases
    from of_customers
    where store_name is not null and not is_online and purchases > 0
    group by customer_id, store_name

),

by_store as (

    select
        customer_id,
        count(*) as stores,
        cast(sum(purchases) as bigint) as named_purchases,
        max(purchases) as home_purchases,
        max_by(store_name, purchases) as home_store
    from stores
    group by customer_id

),

summed as (

    select
        customer_id,
        cast(sum(purchases) as bigint) as purchases,
        cast(sum(timed_purchases) as bigint) as timed_purchases,
        {%- for name in counted %}
        cast(sum({{ name }}_purchases) as bigint) as {{ name }}_purchases,
        {%- endfor %}
        cast(sum(case when is_online then purchases else 0 end) as bigint) as online_purchases,
        cast(sum(case when not is_online then purchases else 0 end) as bigint) as store_purchases,
        count(distinct case when purchases > 0 then channel end) as order_channels,
        cast(sum(returned_orders) as bigint) as returned_orders,
        cast(sum(partly_returned_orders) as bigint) as partly_returned_orders,
        cast(sum(unpaid_orders) as bigint) as unpaid_orders,
        cast(sum(cancelled_orders) as bigint) as cancelled_orders,
        max(largest_amount) as largest_amount,
        min(smallest_amount) as smallest_amount,
        min(case when not is_online then first_purchase_at end) as first_store_at,
        min(case when is_online then first_purchase_at end) as first_online_at,
        max(case when not is_online then last_purchase_at end) as last_store_at,
        max(case when is_online then last_purchase_at end) as last_online_at,
        min(first_purchase_at) as first_purchase_at,
        min(first_coupon_day) as first_coupon_day,
        max(last_coupon_day) as last_coupon_day,
        max(last_return_day) as last_return_day,
        max(last_unpaid_day) as last_unpaid_day
    from of_customers
    group by customer_id

),

with_stores as (

    select
        summed.*,
        coalesce(by_store.stores, 0) as stores,
        coalesce(by_store.named_purchases, 0) as named_purchases,
        by_store.home_purchases,
        by_store.home_store
    from summed
    left join by_store on summed.customer_id = by_store.customer_id

),

final as (

    select
        customer_id,
        {%- for name in dayparts() %}
        {{ share_of(name ~ '_purchases', 'timed_purchases', least) }} as {{ name }}_share,
        {%- endfor %}
        {%- for name in weekdays %}
        {{ share_of(name ~ '_purchases', 'purchases', least) }} as {{ name }}_share,
        {%- endfor %}
        {{ share_of('weekday_6_purchases + weekday_7_purchases', 'purchases', least) }}
            as weekend_share,
        {{ share_of(
            'purchases - early_month_purchases - late_month_purchases', 'purchases', least
        ) }} as mid_month_share,
        {%- for name in months + quarters %}
        {{ share_of(name ~ '_purchases', 'purchases', least) }} as {{ name }}_share,
        {%- endfor %}
        {%- for name in seasons %}
        {{ name }}_purchases,
        {%- endfor %}
        {{ share_of('season_purchases', 'purchases', least) }} as season_share,
        {{ share_of('coupon_purchases', 'coupon_known_purchases', least) }} as coupon_share,
        case when coupon_known_purchases > 0 then coupon_purchases end as coupon_purchases,
        case when coupon_purchases = 0 then nullif(coupon_known_purchases, 0) end as purchases_without_coupon,
        case
            when coupon_known_purchases > 0 then coalesce(first_coupon_day = cast(first_purchase_at as date), false)
        end as began_with_coupon,
        nullif(store_purchases, 0) as store_purchases,
        nullif(online_purchases, 0) as online_purchases,
        {{ share_of('online_purchases', 'online_purchases + store_purchases', least) }} as online_share,
        order_channels,
        stores,
        {{ share_of('home_purchases', 'named_purchases', least) }} as home_store_share,
        case when named_purchases >= {{ least }} and home_purchases * 5 >= named_purchases * 4
            then home_store
        end as home_store,
        case
            when online_purchases + store_purchases = 0 then null
            when first_online_at is null then 'store_only'
            when first_store_at is null then 'online_only'
            when first_store_at <= first_online_at and last_online_at > last_store_at then 'moved_online'
            when first_online_at < first_store_at and last_store_at > last_online_at then 'moved_to_store'
            else 'both'
        end as way_of_buying,
        returned_orders,
        {{ share_of('returned_orders', 'purchases + returned_orders', least) }} as return_share,
        nullif(partly_returned_orders, 0) as partly_returned_orders,
        nullif(unpaid_orders, 0) as unpaid_orders,
        nullif(cancelled_orders, 0) as cancelled_orders,
        largest_amount,
        case when purchases >= {{ least }} then round({{ ratio('largest_amount', 'smallest_amount') }}, 4) end
            as amount_range,
        last_coupon_day,
        last_return_day,
        last_unpaid_day,
        cast(last_store_at as date) as last_store_day,
        cast(last_online_at as date) as last_online_day
    from with_stores

)

select * from final
