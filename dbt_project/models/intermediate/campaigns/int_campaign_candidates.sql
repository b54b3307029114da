{{ config(schema='intermediate', access='protected') }}

with offers as (

    select * from {{ ref('int_campaign_offers') }}

),

members as (

    select * from {{ ref('int_campaign_members') }}

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

invited as (

    select
        offers.offer_key,
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
        offers.offer_key,
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
        partition by offers.offer_key, journey_runs.customer_id
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
        offers.offer_key,
        offers.consent_purpose,
        addressed.occurrence,
        variants.variant,
        addressed.is_step_due
    from offers
    inner join addressed on offers.offer_key = addressed.offer_key
    left join variants
        on offers.campaign_id = variants.campaign_id
        and {{ is_drawn('addressed.customer_id', 'offers.campaign_id', 'variants.drawn_from', 'variants.drawn_below') }}

)

select * from final
