{{ config(schema='intermediate', access='protected') }}

with campaigns as (

    select * from {{ ref('int_campaigns') }}
    where is_active

),

members as (

    select * from {{ ref('segment_members') }}

),

positions as (

    select cast(n + 1 as int) as channel_position from {{ series('8', 'r', 'n') }}

),

-- a campaign lists its channels in order of preference, and the destination of each
offers as (

    select
        campaigns.campaign_id,
        campaigns.version as campaign_version,
        campaigns.step,
        trim(split_part(campaigns.channels, ',', positions.channel_position)) as channel,
        trim(split_part(campaigns.destinations, ',', positions.channel_position)) as destination,
        positions.channel_position,
        case campaigns.occurrence
            when 'daily' then cast({{ as_of() }} as string)
            when 'weekly' then 'week-' || cast({{ truncated_to('week', as_of()) }} as string)
            when 'monthly' then substr(cast({{ as_of() }} as string), 1, 7)
            when 'quarterly'
                then substr(cast({{ as_of() }} as string), 1, 4) || '-Q' || cast(quarter({{ as_of() }}) as string)
            else 'once'
        end as occurrence,
        campaigns.segment,
        campaigns.template,
        campaigns.purpose as consent_purpose,
        campaigns.cap_class,
        campaigns.holdout_percent,
        campaigns.priority,
        campaigns.is_approved
    from campaigns
    cross join positions
    where trim(split_part(campaigns.channels, ',', positions.channel_position)) <> ''

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
        offers.consent_purpose,
        offers.cap_class,
        offers.holdout_percent,
        offers.priority,
        offers.is_approved
    from offers
    inner join members on offers.segment = members.segment

)

select * from final
