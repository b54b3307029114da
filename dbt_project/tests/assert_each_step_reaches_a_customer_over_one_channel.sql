-- Customers who would get the same step of a campaign over several channels.
select
    campaign_id,
    customer_id,
    step
from {{ ref('campaign_plan') }}
where decision = 'send'
group by campaign_id, customer_id, step
having count(*) > 1
