{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where takes_cap_slot

),

message_prices as (

    select * from {{ ref('int_message_prices') }}

),

final as (

    select
        campaigns.campaign_id,
        campaigns.version as campaign_version,
        cast(count(deliveries.delivery_id) as int) as messages,
        cast(
            count(case when cast(deliveries.planned_at as date) = {{ as_of() }} then deliveries.delivery_id end) as int
        ) as messages_today,
        case
            when count(deliveries.delivery_id) = count(message_prices.price) then coalesce(sum(message_prices.price), 0)
        end as spent
    from campaigns
    left join deliveries
        on campaigns.campaign_id = deliveries.campaign_id
        and campaigns.version = deliveries.campaign_version
    left join message_prices on deliveries.channel = message_prices.channel
    group by campaigns.campaign_id, campaigns.version

)

select * from final
