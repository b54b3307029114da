{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('stg_operations__campaigns') }}

),

campaign_expenses as (

    select * from {{ ref('campaign_expenses') }}
    where spent_on <= {{ as_of() }}

),

messages as (

    select * from {{ ref('campaign_messages') }}
    -- a message in doubt may have been charged
    where counted_as in ('sent', 'unknown')

),

message_prices as (

    select * from {{ ref('int_message_prices') }}

),

goal_data as (

    select * from {{ ref('int_campaign_goal_data') }}

),

-- a version that only an expense names is shown, too
versions as (

    select
        campaign_id,
        cast(version as int) as campaign_version
    from campaigns
    union
    select
        campaign_id,
        campaign_version
    from campaign_expenses

),

-- unknown where a channel among them has no price
sent as (

    select
        messages.campaign_id,
        messages.campaign_version,
        count(case when messages.is_converted then 1 end) as converted,
        case when count(*) = count(message_prices.price) then sum(message_prices.price) end as message_cost
    from messages
    left join message_prices on messages.channel = message_prices.channel
    group by messages.campaign_id, messages.campaign_version

),

-- every conversion takes an offer; unknown where something is offered and nobody says what it costs
final as (

    select
        versions.campaign_id,
        versions.campaign_version,
        campaigns.total_budget,
        case when sent.campaign_id is null then 0 else sent.message_cost end as message_cost,
        case
            when sent.campaign_id is null then 0
            when
                coalesce(campaigns.offer_cost, campaigns.offer_stock) is null and campaigns.offer_ends_on is null
                then 0
            when goal_data.has_data then campaigns.offer_cost * sent.converted
        end as offer_cost
    from versions
    left join campaigns
        on versions.campaign_id = campaigns.campaign_id
        and versions.campaign_version = campaigns.version
    left join goal_data on campaigns.goal = goal_data.goal
    left join sent
        on versions.campaign_id = sent.campaign_id
        and versions.campaign_version = sent.campaign_version

)

select * from final
