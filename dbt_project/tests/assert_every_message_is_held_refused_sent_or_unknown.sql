-- Campaigns whose messages do not add up.
select
    campaign_id,
    campaign_version,
    step,
    channel,
    variant
from {{ ref('campaign_performance') }}
where planned <> held + refused + expired + cancelled + sent + unknown
