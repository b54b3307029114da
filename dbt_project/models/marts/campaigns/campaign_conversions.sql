with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where counted_as = 'sent'

),

goals as (

    select * from {{ ref('int_campaign_goals') }}

),

-- what is achieved counts for the last message of the row's kind before it, inside the campaign's window
final as (

    select
        deliveries.delivery_id,
        goals.event_id,
        deliveries.campaign_id,
        deliveries.customer_id,
        goals.goal,
        cast(goals.net_amount as decimal(18, 2)) as net_amount,
        goals.occurred_at
    from deliveries
    inner join campaigns on deliveries.campaign_id = campaigns.campaign_id
    inner join goals
        on deliveries.customer_id = goals.customer_id
        and campaigns.goal = goals.goal
    where
        goals.occurred_at > deliveries.accepted_at
        and {{ days_between('deliveries.accepted_at', 'goals.occurred_at') }} <= campaigns.goal_window_days
    qualify row_number() over (
        partition by
            goals.event_id, deliveries.campaign_id, deliveries.campaign_version, deliveries.channel,
            -- a message of before there were variants has none
            coalesce(deliveries.variant, 'none')
        order by deliveries.accepted_at desc, deliveries.delivery_id
    ) = 1

)

select * from final
