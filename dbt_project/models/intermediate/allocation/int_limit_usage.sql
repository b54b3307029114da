{{ config(schema='intermediate', access='protected') }}

with deliveries as (

    select * from {{ ref('int_deliveries') }}
    where takes_cap_slot

),

delivery_events as (

    select * from {{ ref('int_delivery_events') }}
    where event in ('opened', 'clicked')

),

message_limits as (

    select * from {{ ref('message_limits') }}

),

thresholds as (

    {{ thresholds(['fatigue_messages', 'fatigue_days']) }}

),

counted as (

    select
        delivery_id,
        campaign_id,
        customer_id,
        channel,
        coalesce(accepted_at, planned_at) as counted_at
    from deliveries

),

within_windows as (

    select
        message_limits.limit_name,
        counted.customer_id,
        case when message_limits.limit_name = 'programme_cap' then counted.campaign_id end as campaign_id,
        case when message_limits.limit_name = 'channel_cap' then counted.channel end as channel
    from counted
    inner join message_limits
        on message_limits.limit_name in ('total_cap', 'programme_cap', 'fatigue')
        or message_limits.limit_name = 'channel_cap'
        and counted.channel = message_limits.channel
    where
        case
            when message_limits.per_calendar_month
                then {{ truncated_to('month', 'counted.counted_at') }} = {{ truncated_to('month', as_of()) }}
            else {{ days_between('counted.counted_at', as_of()) }} < message_limits.window_days
        end

),

of_customers as (

    select
        limit_name,
        customer_id,
        campaign_id,
        channel,
        cast(count(*) as int) as used
    from within_windows
    group by limit_name, customer_id, campaign_id, channel

),

-- who got several messages lately and neither opened nor clicked one of them
tired as (

    select counted.customer_id
    from counted
    cross join thresholds
    left join delivery_events on counted.delivery_id = delivery_events.delivery_id
    where {{ days_between('counted.counted_at', as_of()) }} < thresholds.fatigue_days
    group by counted.customer_id, thresholds.fatigue_messages
    having
        count(distinct counted.delivery_id) >= thresholds.fatigue_messages
        and count(delivery_events.delivery_id) = 0

),

final as (

    select
        of_customers.limit_name,
        of_customers.customer_id,
        of_customers.campaign_id,
        of_customers.channel,
        of_customers.used
    from of_customers
    left join tired on of_customers.customer_id = tired.customer_id
    where of_customers.limit_name <> 'fatigue' or tired.customer_id is not null

    union all

    -- of the tired, those who got nothing within the window have all of it
    select
        'fatigue' as limit_name,
        tired.customer_id,
        null as campaign_id,
        null as channel,
        0 as used
    from tired
    left join of_customers
        on tired.customer_id = of_customers.customer_id
        and of_customers.limit_name = 'fatigue'
    where of_customers.customer_id is null

)

select * from final
