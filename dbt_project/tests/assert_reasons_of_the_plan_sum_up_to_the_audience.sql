-- Campaigns and channels where the rows of the plan, added up over decisions and reasons, are not the audience.
with audience as (

    select
        campaigns.campaign_id,
        candidates.channel,
        count(*) as candidates
    from {{ ref('int_campaigns') }} as campaigns
    inner join {{ ref('int_campaign_candidates') }} as candidates on campaigns.campaign_id = candidates.campaign_id
    group by campaigns.campaign_id, candidates.channel

),

by_reason as (

    select
        campaign_id,
        channel,
        decision,
        reason,
        count(*) as n
    from {{ ref('campaign_plan') }}
    group by campaign_id, channel, decision, reason

),

explained as (

    select
        campaign_id,
        channel,
        sum(case when (decision = 'send') = (reason is null) then n else 0 end) as candidates
    from by_reason
    group by campaign_id, channel

)

select
    audience.campaign_id,
    audience.channel,
    audience.candidates,
    explained.candidates as explained_candidates
from audience
full outer join explained
    on audience.campaign_id = explained.campaign_id
    and audience.channel = explained.channel
where coalesce(audience.candidates, 0) <> coalesce(explained.candidates, 0)
