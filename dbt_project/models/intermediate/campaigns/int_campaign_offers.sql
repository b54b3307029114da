{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where is_active

),

channels as (

    select * from {{ ref('int_campaign_channels') }}

),

final as (

    select
        campaigns.campaign_id,
        channels.step,
        channels.channel,
        -- numbers for what is compared millions of times
        cast(
            row_number() over (
                order by campaigns.campaign_id, channels.step, channels.channel_position, channels.channel
            ) as int
        ) as offer_key,
        cast(dense_rank() over (order by campaigns.campaign_id) as int) as campaign_key,
        {{ hash_key("cast(campaigns.campaign_id as string) || '|' || cast(channels.step as string)") }} as message_key,
        {{ hash_key("cast(channels.channel as string) || '|' || cast(campaigns.purpose as string)") }} as channel_key,
        campaigns.kind,
        campaigns.version as campaign_version,
        channels.destination,
        case campaigns.occurrence
            when 'daily' then cast({{ as_of() }} as string)
            when 'weekly' then 'week-' || cast({{ truncated_to('week', as_of()) }} as string)
            when 'monthly' then substr(cast({{ as_of() }} as string), 1, 7)
            when 'quarterly'
                then substr(cast({{ as_of() }} as string), 1, 4) || '-Q' || cast(quarter({{ as_of() }}) as string)
            else 'once'
        end as occurrence,
        campaigns.segment,
        channels.template,
        campaigns.purpose as consent_purpose,
        campaigns.cap_class,
        count(*) over (partition by campaigns.campaign_id, channels.step) > 1 as has_other_channels,
        campaigns.is_approved,
        campaigns.is_in_schedule,
        campaigns.is_offer_valid,
        campaigns.holdout_percent,
        campaigns.priority,
        channels.channel_position,
        channels.step_before,
        channels.wait_days
    from campaigns
    inner join channels on campaigns.campaign_id = channels.campaign_id

)

select * from final
