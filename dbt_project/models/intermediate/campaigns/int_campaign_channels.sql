with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

steps as (

    select * from {{ ref('stg_operations__campaign_steps') }}
    where is_active

),

channels as (

    select * from {{ ref('stg_operations__campaign_channels') }}
    where is_active

),

ordered as (

    select
        campaign_id,
        version,
        step,
        lag(step) over (partition by campaign_id, version order by step) as step_before,
        coalesce(wait_days, 0) as wait_days,
        template
    from steps

),

final as (

    select
        campaigns.campaign_id,
        cast(steps.step as int) as step,
        channels.channel,
        cast(steps.step_before as int) as step_before,
        cast(steps.wait_days as int) as wait_days,
        cast(channels.position as int) as channel_position,
        channels.destination,
        steps.template
    from campaigns
    inner join ordered as steps
        on campaigns.campaign_id = steps.campaign_id
        and campaigns.version = steps.version
    inner join channels
        on steps.campaign_id = channels.campaign_id
        and steps.version = channels.version
        and steps.step = channels.step

)

select * from final
