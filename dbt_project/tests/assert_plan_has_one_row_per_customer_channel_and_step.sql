-- Rows that the plan has more than once.
select
    campaign_id,
    customer_id,
    channel,
    step
from {{ ref('campaign_plan') }}
group by campaign_id, customer_id, channel, step
having count(*) > 1
