{#- The units of the experiments that campaigns are: what followed for each customer who was assigned to an arm. -#}
with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

assignments as (

    select * from {{ ref('int_campaign_assignments') }}
    where assigned_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

campaign_steps as (

    select * from {{ ref('stg_operations__campaign_steps') }}

),

journey_steps as (

    select * from {{ ref('stg_operations__journey_steps') }}

),

journeys as (

    select * from {{ ref('stg_operations__journeys') }}
    where entry_event is not null

),

journey_log as (

    select * from {{ ref('int_journey_log') }}
    where cause in ('entered', 'held_out') and seen_on <= {{ as_of() }}

),

goals as (

    select * from {{ ref('int_campaign_goals') }}

),

goal_data as (

    select * from {{ ref('int_campaign_goal_data') }}

),

messages as (

    select * from {{ ref('campaign_messages') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}

),

delivery_events as (

    select * from {{ ref('int_delivery_events') }}
    where event in ('unsubscribed', 'complained')

),

-- whoever was merged from two arms is in both, and in none of the figures
customers as (

    select
        assignments.campaign_id,
        assignments.campaign_version,
        coalesce(redirects.customer_id, assignments.customer_id) as customer_id,
        min_by(assignments.arm, assignments.assigned_on) as arm,
        bool_or(assignments.is_holdout) as is_holdout,
        count(distinct assignments.arm) > 1 as is_contaminated,
        min_by(assignments.planned_share, assignments.assigned_on) as planned_share,
        min(assignments.assigned_on) as assigned_on
    from assignments
    left join redirects on assignments.customer_id = redirects.retired_customer_id
    group by
        assignments.campaign_id,
        assignments.campaign_version,
        coalesce(redirects.customer_id, assignments.customer_id)

),

-- the event by which somebody entered a journey is no success of it
entered_by_event as (

    select
        journey_log.journey_id as campaign_id,
        journey_log.version as campaign_version,
        coalesce(redirects.customer_id, journey_log.customer_id) as customer_id,
        min(journey_log.happened_at) as entered_at
    from journey_log
    inner join journeys
        on journey_log.journey_id = journeys.journey_id
        and journey_log.version = journeys.version
    left join redirects on journey_log.customer_id = redirects.retired_customer_id
    group by
        journey_log.journey_id,
        journey_log.version,
        coalesce(redirects.customer_id, journey_log.customer_id)

),

-- how many days the messages of a campaign or journey are apart at most, all together
lengths as (

    select
        campaign_id,
        version as campaign_version,
        sum(wait_days) as days
    from campaign_steps
    group by campaign_id, version
    union all
    select
        journey_id as campaign_id,
        version as campaign_version,
        sum(wait_days) as days
    from journey_steps
    group by journey_id, version

),

longest as (

    select
        campaign_id,
        campaign_version,
        max(coalesce(days, 0)) as days
    from lengths
    group by campaign_id, campaign_version

),

-- both arms are watched equally long; a campaign that repeats is watched until today
watched as (

    select
        customers.*,
        campaigns.goal,
        goal_data.has_data,
        entered_by_event.entered_at,
        case
            when campaigns.kind = 'journey' or campaigns.occurrence = 'once'
                then {{ add_days('customers.assigned_on', 'campaigns.goal_window_days + coalesce(longest.days, 0)') }}
        end as watched_until
    from customers
    inner join campaigns on customers.campaign_id = campaigns.campaign_id
    left join goal_data on campaigns.goal = goal_data.goal
    left join longest
        on customers.campaign_id = longest.campaign_id
        and customers.campaign_version = longest.campaign_version
    left join entered_by_event
        on customers.campaign_id = entered_by_event.campaign_id
        and customers.campaign_version = entered_by_event.campaign_version
        and customers.customer_id = entered_by_event.customer_id

),

done as (

    select
        watched.campaign_id,
        watched.campaign_version,
        watched.customer_id,
        goals.goal,
        goals.goal = watched.goal as is_goal,
        goals.net_amount,
        cast(goals.occurred_at as date) >= watched.assigned_on
            and (watched.entered_at is null or goals.occurred_at > watched.entered_at) as is_after
    from watched
    inner join goals
        on watched.customer_id = goals.customer_id
        and goals.goal in ('purchase', watched.goal)
        and cast(goals.occurred_at as date)
        >= {{ add_days('watched.assigned_on', '-' ~ var('experiment_days_before')) }}
        and (watched.watched_until is null or cast(goals.occurred_at as date) <= watched.watched_until)

),

bought as (

    select
        campaign_id,
        campaign_version,
        customer_id,
        sum(case when is_after then net_amount end) as revenue,
        sum(case when not is_after then net_amount end) as revenue_before,
        count(case when not is_after then 1 end) as orders_before
    from done
    where goal = 'purchase'
    group by campaign_id, campaign_version, customer_id

),

converted as (

    select distinct
        campaign_id,
        campaign_version,
        customer_id
    from done
    where is_goal and is_after

),

addressed as (

    select
        campaign_id,
        campaign_version,
        customer_id,
        bool_or(counted_as = 'sent') as is_sent,
        bool_or(is_delivered) as is_delivered,
        bool_or(is_opened) as is_opened,
        bool_or(is_clicked) as is_clicked
    from messages
    group by campaign_id, campaign_version, customer_id

),

-- to messages of any campaign: those who are held out of this one may have had others
objections as (

    select
        watched.campaign_id,
        watched.campaign_version,
        watched.customer_id,
        bool_or(delivery_events.event = 'unsubscribed') as is_opted_out,
        bool_or(delivery_events.event = 'complained') as is_complaint
    from watched
    inner join deliveries on watched.customer_id = deliveries.customer_id
    inner join delivery_events
        on deliveries.delivery_id = delivery_events.delivery_id
        and cast(delivery_events.occurred_at as date) >= watched.assigned_on
        and (watched.watched_until is null or cast(delivery_events.occurred_at as date) <= watched.watched_until)
    group by watched.campaign_id, watched.campaign_version, watched.customer_id

),

final as (

    select
        watched.campaign_id,
        watched.customer_id,
        watched.arm,
        watched.is_holdout,
        watched.is_contaminated,
        watched.watched_until is null or watched.watched_until >= {{ as_of() }} as is_open,
        coalesce(addressed.is_sent, false) as is_sent,
        coalesce(addressed.is_delivered, false) as is_delivered,
        coalesce(addressed.is_opened, false) as is_opened,
        coalesce(addressed.is_clicked, false) as is_clicked,
        -- of a goal that no channel tells of nobody knows whether it was reached
        case when watched.has_data then converted.customer_id is not null end as is_converted,
        coalesce(objections.is_opted_out, false) as is_opted_out,
        coalesce(objections.is_complaint, false) as is_complaint,
        cast(watched.campaign_version as int) as campaign_version,
        watched.planned_share,
        cast(coalesce(bought.revenue, 0) as decimal(18, 2)) as revenue,
        cast(coalesce(bought.revenue_before, 0) as decimal(18, 2)) as revenue_before,
        cast(coalesce(bought.orders_before, 0) as int) as orders_before,
        watched.assigned_on,
        watched.watched_until
    from watched
    left join bought
        on watched.campaign_id = bought.campaign_id
        and watched.campaign_version = bought.campaign_version
        and watched.customer_id = bought.customer_id
    left join converted
        on watched.campaign_id = converted.campaign_id
        and watched.campaign_version = converted.campaign_version
        and watched.customer_id = converted.customer_id
    left join addressed
        on watched.campaign_id = addressed.campaign_id
        and watched.campaign_version = addressed.campaign_version
        and watched.customer_id = addressed.customer_id
    left join objections
        on watched.campaign_id = objections.campaign_id
        and watched.campaign_version = objections.campaign_version
        and watched.customer_id = objections.customer_id

)

select * from final
