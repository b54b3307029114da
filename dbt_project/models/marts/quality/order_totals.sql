with orders as (

    select * from {{ ref('int_orders') }}

),

profiles as (

    select * from {{ ref('int_profiles') }}

),

currencies as (

    select * from {{ ref('int_order_currencies') }}

),

test_profiles as (

    select source_profile_id from profiles
    where is_test

),

channels_with_a_list as (

    select distinct channel from profiles
    where is_listed

),

-- a channel without any list of people misses nobody in it
unlisted_profiles as (

    select profiles.source_profile_id
    from profiles
    inner join channels_with_a_list on profiles.channel = channels_with_a_list.channel
    where not profiles.is_listed

),

buyers as (

    select
        channel,
        max(orders_count + returned_orders) as largest_buyer_sales
    from {{ ref('int_profile_orders') }}
    where source_profile_id is not null
    group by channel

),

-- whose the sale is says the order itself: no map of customers, so that one who is missing there shows
owned as (

    select
        channel,
        case
            when held_reason is not null then 'held'
            when source_profile_id is null then 'anonymous'
            when source_profile_id in (select source_profile_id from test_profiles) then 'test'
            else 'customer'
        end as owner,
        source_profile_id in (select source_profile_id from unlisted_profiles) as is_unlisted,
        ordered_at >= {{ as_of_end() }} as is_later,
        is_paid and ordered_at < {{ as_of_end() }} and cast(coalesce(paid_at, ordered_at) as date) <= {{ as_of() }}
            as is_sale,
        case when is_paid then gross_amount else 0 end as paid_amount,
        case when is_paid then gross_amount else 0 end - net_amount as returned_amount,
        ordered_at < {{ as_of_end() }} and cast(coalesce(refunded_at, ordered_at) as date) <= {{ as_of() }}
            as is_returned
    from orders

),

counted as (

    select
        channel,
        owner,
        is_sale,
        is_unlisted,
        is_later,
        case when is_sale then paid_amount else 0 end - case when is_returned then returned_amount else 0 end as revenue
    from owned

),

final as (

    select
        counted.channel,
        max(currencies.reporting_currency) as reporting_currency,
        {%- for owner in ['customer', 'anonymous', 'test'] %}
        cast(count(case when owner = '{{ owner }}' and is_sale then 1 end) as bigint) as {{ owner }}_sales,
        {%- endfor %}
        cast(count(case when owner = 'held' and not coalesce(is_later, false) then 1 end) as bigint) as held_orders,
        cast(count(case when owner = 'customer' and is_sale and is_unlisted then 1 end) as bigint) as unlisted_sales,
        cast(coalesce(max(buyers.largest_buyer_sales), 0) as bigint) as largest_buyer_sales,
        cast(count(case when is_later then 1 end) as bigint) as later_orders,
        {%- for owner in ['customer', 'anonymous', 'test'] %}
        cast(coalesce(sum(case when owner = '{{ owner }}' then revenue end), 0) as decimal(18, 2))
            as {{ owner }}_revenue,
        {%- endfor %}
        {{ as_of() }} as as_of
    from counted
    left join buyers on counted.channel = buyers.channel
    left join currencies on counted.channel = currencies.channel
    group by counted.channel

)

select * from final
