-- Active campaigns of whose channels or variants nothing is read: they would reach nobody, and nobody would know.
select campaigns.campaign_id
from {{ ref('int_campaigns') }} as campaigns
left join {{ ref('int_campaign_channels') }} as channels on campaigns.campaign_id = channels.campaign_id
left join {{ ref('int_campaign_variants') }} as variants on campaigns.campaign_id = variants.campaign_id
where
    campaigns.is_active
    and (channels.campaign_id is null or variants.campaign_id is null)
