{{ config(schema='intermediate', access='protected') }}

with offers as (

    select * from {{ ref('int_campaign_offers') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

campaign_values as (

    select * from {{ ref('int_campaign_values') }}

),

spending as (

    select * from {{ ref('int_campaign_spending') }}

),

message_prices as (

    select * from {{ ref('int_message_prices') }}

),

message_limits as (

    select * from {{ ref('message_limits') }}

),

destination_limits as (

    select * from {{ ref('destination_limits') }}

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

channel_caps as (

    select * from message_limits
    where limit_name = 'channel_cap'

),

final as (

    select
        offers.campaign_id,
        offers.channel,
        offers.offer_key,
        offers.campaign_key,
        offers.message_key,
        offers.destination,
        offers.cap_class,
        offers.is_approved,
        offers.has_other_channels,
        offers.priority,
        campaign_values.value_per_message,
        -- decimals add up exactly: a budget pays for as many messages as it says
        cast(coalesce(message_prices.price, 0) as decimal(18, 6)) as cost,
        channel_caps.max_messages as channel_cap,
        cast(campaigns.daily_limit - spending.messages_today as int) as room_daily_limit,
        cast(campaigns.offer_stock - spending.messages as int) as room_offer_stock,
        cast(
            case
                -- what has no price cannot be shown to fit
                when campaigns.budget is not null and (message_prices.price is null or spending.spent is null) then -1
                else campaigns.budget - spending.spent
            end as decimal(18, 6)
        ) as room_budget,
        cast(
            destination_limits.max_messages_per_day - coalesce(destination_usage.messages_today, 0) as int
        ) as room_destination_limit
    from offers
    inner join campaigns on offers.campaign_id = campaigns.campaign_id
    inner join spending on offers.campaign_id = spending.campaign_id
    inner join campaign_values on offers.campaign_id = campaign_values.campaign_id
    left join channel_caps on offers.channel = channel_caps.channel
    left join message_prices on offers.channel = message_prices.channel
    left join destination_limits on offers.destination = destination_limits.destination
    left join destination_usage on offers.destination = destination_usage.destination

)

select * from final
