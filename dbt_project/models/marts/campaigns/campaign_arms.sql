with units as (

    select * from {{ ref('int_campaign_units') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

goal_data as (

    select * from {{ ref('int_campaign_goal_data') }}

),

contaminated as (

    select
        campaign_id,
        campaign_version,
        count(*) as customers
    from units
    where is_contaminated
    group by campaign_id, campaign_version

),

arms as (

    select
        campaign_id,
        campaign_version,
        arm,
        bool_or(is_holdout) as is_holdout,
        count(*) as customers,
        count(case when is_sent then 1 end) as sent_customers,
        count(case when is_open then 1 end) as open_customers,
        max(planned_share) as planned_share,
        min(assigned_on) as first_assigned_on,
        max(assigned_on) as last_assigned_on
    from units
    where not is_contaminated
    group by campaign_id, campaign_version, arm

),

final as (

    select
        arms.campaign_id,
        arms.arm,
        campaigns.name_zh,
        campaigns.name_en,
        campaigns.kind,
        campaigns.goal,
        arms.is_holdout,
        coalesce(goal_data.has_data, false) as has_goal_data,
        coalesce(goal_data.is_of_messages, false) as is_goal_of_messages,
        arms.campaign_version,
        cast(arms.customers as int) as customers,
        cast(arms.sent_customers as int) as sent_customers,
        cast(arms.open_customers as int) as open_customers,
        cast(coalesce(contaminated.customers, 0) as int) as contaminated_customers,
        arms.planned_share,
        arms.first_assigned_on,
        arms.last_assigned_on
    from arms
    inner join campaigns on arms.campaign_id = campaigns.campaign_id
    left join goal_data on campaigns.goal = goal_data.goal
    left join contaminated
        on arms.campaign_id = contaminated.campaign_id
        and arms.campaign_version = contaminated.campaign_version

)

select * from final
