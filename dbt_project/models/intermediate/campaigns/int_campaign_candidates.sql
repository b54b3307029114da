{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where is_active

),

members as (

    select * from {{ ref('segment_members') }}

),

channels as (

    select * from {{ ref('int_campaign_channels') }}

),

variants as (

    select * from {{ ref('int_campaign_variants') }}

),

offers as (

    select
        campaigns.campaign_id,
        campaigns.version as campaign_version,
        channels.step,
        channels.channel,
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
        campaigns.is_approved
    from campaigns
    inner join channels on campaigns.campaign_id = channels.campaign_id

),

final as (

    select
        offers.campaign_id,
        members.customer_id,
        offers.channel,
        offers.step,
        offers.campaign_version,
        offers.channel_position,
        offers.destination,
        offers.occurrence,
        offers.segment,
        offers.template,
        variants.variant,
        offers.consent_purpose,
        offers.cap_class,
        offers.holdout_percent,
        offers.priority,
        offers.is_approved
    from offers
    inner join members on offers.segment = members.segment
    left join variants
        on offers.campaign_id = variants.campaign_id
        and {{ is_drawn('members.customer_id', 'offers.campaign_id', 'variants.drawn_from', 'variants.drawn_below') }}

)

select * from final
