{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where is_active

),

members as (

    select * from {{ ref('int_campaign_members') }}

),

channels as (

    select * from {{ ref('int_campaign_channels') }}

),

variants as (

    select * from {{ ref('int_campaign_variants') }}

),

deliveries as (

    select * from {{ ref('int_deliveries') }}
    where is_sent

),

journey_runs as (

    select * from {{ ref('int_journey_runs') }}
    where is_live

),

journey_steps as (

    select * from {{ ref('stg_operations__journey_steps') }}
    where kind = 'send' and is_active

),

-- the newest message of each step: what follows it counts its days from there, and belongs to the same occurrence
latest_messages as (

    select
        campaign_id,
        campaign_version,
        step,
        customer_id,
        occurrence,
        coalesce(accepted_at, planned_at) as sent_at
    from deliveries
    qualify row_number() over (
        partition by campaign_id, campaign_version, step, customer_id
        order by coalesce(accepted_at, planned_at) desc, delivery_id
    ) = 1

),

offers as (

    select
        campaigns.campaign_id,
        campaigns.kind,
        campaigns.version as campaign_version,
        channels.step,
        channels.channel,
        channels.step_before,
        channels.wait_days,
        channels.channel_position,
        channels.destination,
        channels.template,
        case campaigns.occurrence
            when 'daily' then cast({{ as_of() }} as string)
            when 'weekly' then 'week-' || cast({{ truncated_to('week', as_of()) }} as string)
            when 'monthly' then substr(cast({{ as_of() }} as string), 1, 7)
            when 'quarterly'
                then substr(cast({{ as_of() }} as string), 1, 4) || '-Q' || cast(quarter({{ as_of() }}) as string)
            else 'once'
        end as occurrence,
        campaigns.segment,
        campaigns.purpose as consent_purpose,
        campaigns.cap_class,
        campaigns.holdout_percent,
        campaigns.priority,
        campaigns.is_approved,
        campaigns.is_in_schedule,
        campaigns.is_offer_valid
    from campaigns
    inner join channels on campaigns.campaign_id = channels.campaign_id

),

invited as (

    select
        offers.campaign_id,
        offers.step,
        offers.channel,
        members.customer_id,
        coalesce(latest_messages.occurrence, offers.occurrence) as occurrence,
        offers.step_before is null
        or coalesce({{ days_between('latest_messages.sent_at', as_of()) }} >= offers.wait_days, false) as is_step_due
    from offers
    inner join members on offers.campaign_id = members.campaign_id
    left join latest_messages
        on members.customer_id = latest_messages.customer_id
        and offers.campaign_id = latest_messages.campaign_id
        and offers.campaign_version = latest_messages.campaign_version
        and offers.step_before = latest_messages.step
    where offers.kind = 'campaign'

),

-- who stands at a step of a journey that sends; of several runs of a customer the earliest, the others wait
arrived as (

    select
        offers.campaign_id,
        offers.step,
        offers.channel,
        journey_runs.customer_id,
        journey_runs.run_id as occurrence,
        true as is_step_due
    from offers
    inner join journey_steps
        on offers.campaign_id = journey_steps.journey_id
        and offers.campaign_version = journey_steps.version
        and offers.step = journey_steps.message
    inner join journey_runs
        on offers.campaign_id = journey_runs.journey_id
        and offers.campaign_version = journey_runs.version
        and journey_steps.name = journey_runs.step
    where offers.kind = 'journey'
    qualify row_number() over (
        partition by offers.campaign_id, offers.step, offers.channel, journey_runs.customer_id
        order by journey_runs.entered_at, journey_runs.run_id
    ) = 1

),

addressed as (

    select * from invited
    union all
    select * from arrived

),

final as (

    select
        offers.campaign_id,
        addressed.customer_id,
        offers.channel,
        offers.step,
        offers.campaign_version,
        offers.channel_position,
        offers.destination,
        addressed.occurrence,
        offers.segment,
        offers.template,
        variants.variant,
        offers.consent_purpose,
        offers.cap_class,
        offers.holdout_percent,
        offers.priority,
        offers.is_approved,
        offers.is_in_schedule,
        offers.is_offer_valid,
        addressed.is_step_due
    from offers
    inner join addressed
        on offers.campaign_id = addressed.campaign_id
        and offers.step = addressed.step
        and offers.channel = addressed.channel
    left join variants
        on offers.campaign_id = variants.campaign_id
        and {{ is_drawn('addressed.customer_id', 'offers.campaign_id', 'variants.drawn_from', 'variants.drawn_below') }}

)

select * from final
