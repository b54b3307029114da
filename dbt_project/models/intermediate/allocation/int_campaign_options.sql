{{ config(schema='intermediate', access='protected') }}

with checks as (

    select * from {{ ref('int_campaign_checks') }}
    where
        not (
            {%- for check in candidate_checks() %}
            {{ 'or ' if not loop.first }}fails_{{ check }}
            {%- endfor %}
        )

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

shared_addresses as (

    select * from {{ ref('int_campaign_shared_addresses') }}

),

message_limits as (

    select * from {{ ref('message_limits') }}

),

limit_usage as (

    select * from {{ ref('int_limit_usage') }}

),

destination_limits as (

    select * from {{ ref('destination_limits') }}

),

message_prices as (

    select * from {{ ref('int_message_prices') }}

),

spending as (

    select * from {{ ref('int_campaign_spending') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where takes_cap_slot

),

destination_usage as (

    select
        destination,
        count(*) as messages_today
    from deliveries
    where cast(planned_at as date) = {{ as_of() }}
    group by destination

),

limits_of_all as (

    select
        max(case when limit_name = 'total_cap' then max_messages end) as total_cap,
        max(case when limit_name = 'programme_cap' then max_messages end) as programme_cap,
        max(case when limit_name = 'fatigue' then max_messages end) as fatigue
    from message_limits

),

channel_caps as (

    select * from message_limits
    where limit_name = 'channel_cap'

),

final as (

    select
        row_number() over (
            order by
                checks.priority desc, campaigns.expected_value * checks.value_score desc,
                checks.customer_id, checks.campaign_id, checks.step, checks.channel_position
        ) as place,
        {{ hash_key("checks.campaign_id || '|' || cast(checks.step as string) || '|' || checks.customer_id") }}
            as offer_id,
        checks.campaign_id,
        checks.customer_id,
        checks.step,
        checks.channel,
        checks.channel_position,
        checks.destination,
        checks.cap_class,
        case
            when shared_addresses.identifier_token is not null
                then checks.campaign_id || '|' || cast(checks.step as string) || '|' || checks.identifier_token
        end as address_id,
        checks.priority,
        campaigns.expected_value * checks.value_score / 50 as expected_value,
        coalesce(message_prices.price, 0) as cost,
        checks.is_approved,
        checks.has_recipient_had_it,
        checks.messages_allowed - checks.messages_lately as room_frequency_cap,
        channel_caps.max_messages - coalesce(channel_usage.used, 0) as room_channel_cap,
        limits_of_all.programme_cap - coalesce(programme_usage.used, 0) as room_programme_cap,
        limits_of_all.total_cap - coalesce(total_usage.used, 0) as room_total_cap,
        limits_of_all.fatigue - fatigue_usage.used as room_fatigue,
        campaigns.daily_limit - spending.messages_today as room_daily_limit,
        campaigns.offer_stock - spending.messages as room_offer_stock,
        -- what has no price cannot be shown to fit into a budget
        case when message_prices.price is null and campaigns.budget is not null then -1
            else campaigns.budget - spending.spent end as room_budget,
        destination_limits.max_messages_per_day - coalesce(destination_usage.messages_today, 0)
            as room_destination_limit
        {%- for limit in message_limits() %},
        cast(null as string) as taken_by_{{ limit.name }}
        {%- endfor %}
    from checks
    inner join campaigns on checks.campaign_id = campaigns.campaign_id
    inner join spending on checks.campaign_id = spending.campaign_id
    cross join limits_of_all
    left join shared_addresses
        on checks.identifier_type = shared_addresses.identifier_type
        and checks.identifier_token = shared_addresses.identifier_token
    left join channel_caps on checks.channel = channel_caps.channel
    left join limit_usage as channel_usage
        on checks.customer_id = channel_usage.customer_id
        and checks.channel = channel_usage.channel
        and channel_usage.limit_name = 'channel_cap'
    left join limit_usage as programme_usage
        on checks.customer_id = programme_usage.customer_id
        and checks.campaign_id = programme_usage.campaign_id
        and programme_usage.limit_name = 'programme_cap'
    left join limit_usage as total_usage
        on checks.customer_id = total_usage.customer_id
        and total_usage.limit_name = 'total_cap'
    left join limit_usage as fatigue_usage
        on checks.customer_id = fatigue_usage.customer_id
        and fatigue_usage.limit_name = 'fatigue'
    left join message_prices on checks.channel = message_prices.channel
    left join destination_limits on checks.destination = destination_limits.destination
    left join destination_usage on checks.destination = destination_usage.destination

)

select * from final
