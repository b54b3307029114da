with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

holdouts as (

    select * from {{ ref('int_campaign_holdouts') }}
    where held_out_on <= {{ as_of() }}

),

redirects as (

    select * from {{ ref('customer_id_redirects') }}

),

goals as (

    select * from {{ ref('int_campaign_goals') }}

),

comparison as (

    select
        holdouts.campaign_id,
        holdouts.campaign_version,
        coalesce(redirects.customer_id, holdouts.customer_id) as customer_id,
        min(holdouts.held_out_on) as held_out_on
    from holdouts
    left join redirects on holdouts.customer_id = redirects.retired_customer_id
    group by holdouts.campaign_id, holdouts.campaign_version, coalesce(redirects.customer_id, holdouts.customer_id)

),

achievers as (

    select distinct
        comparison.campaign_id,
        comparison.campaign_version,
        comparison.customer_id
    from comparison
    inner join campaigns on comparison.campaign_id = campaigns.campaign_id
    inner join goals
        on comparison.customer_id = goals.customer_id
        and campaigns.goal = goals.goal
    where {{ days_between('comparison.held_out_on', 'goals.occurred_at') }} between 1 and campaigns.goal_window_days

),

final as (

    select
        comparison.campaign_id,
        comparison.customer_id,
        cast(comparison.campaign_version as int) as campaign_version,
        achievers.customer_id is not null as is_converted,
        comparison.held_out_on
    from comparison
    left join achievers
        on comparison.campaign_id = achievers.campaign_id
        and comparison.campaign_version = achievers.campaign_version
        and comparison.customer_id = achievers.customer_id

)

select * from final
